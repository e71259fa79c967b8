#include "engine/visits.h"

#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "sys/log.h"

#define DIGEST_OCTETS 16
#define ARRIVAL_OCTETS 8
_Static_assert(BASE64URL_LEN(DIGEST_OCTETS) == JOURNAL_DIGEST_LEN, "a digest fits");
_Static_assert(BASE64URL_LEN(ARRIVAL_OCTETS) == JOURNAL_ARRIVAL_LEN, "an arrival fits");

static bool is_set(const char *text)
{
    return text && text[0];
}

static bool in_use(const struct message *m)
{
    const struct facts *f = &m->facts;
    return m->engine->journal && m->engine->config->ledger_window_s > 0 &&
           (is_set(f->message_id) || is_set(f->resent_id));
}

/* The field that the host wrote that hands the message over: the same when it tries again, or hands
 * the same over twice; another when the message has been round. */
static bool name_arrival(const struct facts *f, char arrival[JOURNAL_ARRIVAL_LEN + 1])
{
    arrival[0] = '\0';
    if (f->hops == 0)
        return true;
    struct span newest = span_of(f->received[0]);
    return digest_write(&newest, 1, ARRIVAL_OCTETS, arrival);
}

static const char *sender_class(const struct message *m)
{
    if (m->null_sender)
        return "null";
    return m->facts.auto_submitted ? "auto" : "other";
}

static bool name_digest(const struct message *m, const struct recipient *r,
                        char digest[JOURNAL_DIGEST_LEN + 1])
{
    const struct facts *f = &m->facts;
    struct span part[5 + FACTS_LISTS_MAX] = {
        /* The other system may have a filter too, which writes to the same ledger. */
        span_of(system_name(m->engine->config->node)),
        span_of(is_set(f->message_id) ? f->message_id : f->resent_id),
        span_of(f->resent_id),
        span_of(sender_class(m)),
        span_of(r->mailbox ? r->mailbox : r->address.key),
    };
    for (size_t i = 0; i < f->lists; i++)
        part[5 + i] = span_of(f->list_id[i]);
    return digest_write(part, 5 + f->lists, DIGEST_OCTETS, digest);
}

static bool sends(enum action a)
{
    return a == ACTION_DIVERT || a == ACTION_BOTH;
}

static bool bears_on(const struct recipient *r)
{
    return r->decision.action != ACTION_LEAVE &&
           (sends(r->decision.route) || recipient_is_conflict(r));
}

static void tell_unavailable(const struct message *m, const char *queue_id, const char *why)
{
    struct log_line l;
    log_begin(&l, LOG_LEVEL_WARNING, queue_id, "ledger-unavailable");
    log_text(&l, "origin", origin_name(m->origin));
    log_text(&l, "why", why);
    log_end(&l);
}

/* One query for each recipient that the ledger bears on, in their order; their number. */
static size_t make_queries(const struct message *m, struct journal_query *query)
{
    char arrival[JOURNAL_ARRIVAL_LEN + 1];
    bool good = name_arrival(&m->facts, arrival);
    size_t n = 0;
    for (size_t i = 0; i < m->recipients && good; i++) {
        if (!bears_on(&m->recipient[i]))
            continue;
        struct journal_visit *visit = &query[n++].visit;
        memcpy(visit->arrival, arrival, sizeof(arrival));
        good = name_digest(m, &m->recipient[i], visit->digest);
    }
    return good ? n : 0;
}

static void take_answers(struct message *m, const struct journal_query *query, size_t n,
                         const char *queue_id, const char *why)
{
    bool unavailable = false;
    for (size_t i = 0, k = 0; i < m->recipients && k < n; i++) {
        struct recipient *r = &m->recipient[i];
        if (!bears_on(r))
            continue;
        r->remembered = query[k].answer == STORE_FOUND ? query[k].visits : 0;
        unavailable = unavailable || query[k].answer != STORE_FOUND;
        k++;
    }
    if (unavailable)
        tell_unavailable(m, queue_id, why);
}

/* It comes from the peer, or from somebody who may have it from there: a gateway passes on what the
 * peer sends. */
static bool may_come_from_peer(const struct message *m)
{
    const struct engine *e = m->engine;
    bool hidden = !engine_knows_peer_by_network(e) || e->config->gateways.n > 0;
    return m->origin == ORIGIN_PEER || (m->origin == ORIGIN_EXTERNAL && hidden);
}

void visits_recall(struct message *m, const char *queue_id)
{
    char why[RECORD_FAULT_MAX];
    size_t wanted = 0;
    if (!in_use(m) || !may_come_from_peer(m))
        return;
    for (size_t i = 0; i < m->recipients; i++)
        wanted += bears_on(&m->recipient[i]);
    if (wanted == 0)
        return;
    struct journal_query *query = calloc(wanted, sizeof(*query));
    size_t n = query ? make_queries(m, query) : 0;
    if (n > 0) {
        journal_visits(m->engine->journal, query, n, why);
        take_answers(m, query, n, queue_id, why);
    } else {
        tell_unavailable(m, queue_id, "no memory");
    }
    free(query);
}

static int compare_visits(const void *a, const void *b)
{
    const struct journal_visit *x = a, *y = b;
    return strcmp(x->digest, y->digest);
}

/* Several addresses of one mailbox are one visit. */
static void enter(struct journal *j, struct journal_visit *visit, size_t n)
{
    qsort(visit, n, sizeof(*visit), compare_visits);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || compare_visits(&visit[i - 1], &visit[i]) != 0)
            journal_sent(j, &visit[i]);
}

void visits_remember(const struct message *m)
{
    char arrival[JOURNAL_ARRIVAL_LEN + 1];
    size_t wanted = 0, n = 0;
    for (size_t i = 0; i < m->recipients; i++)
        wanted += sends(recipient_delivery(&m->recipient[i]));
    if (wanted == 0 || !in_use(m) || !name_arrival(&m->facts, arrival))
        return;
    struct journal_visit *visit = calloc(wanted, sizeof(*visit));
    for (size_t i = 0; i < m->recipients && visit; i++) {
        const struct recipient *r = &m->recipient[i];
        if (!sends(recipient_delivery(r)) || !name_digest(m, r, visit[n].digest))
            continue;
        memcpy(visit[n++].arrival, arrival, sizeof(arrival));
    }
    if (visit)
        enter(m->engine->journal, visit, n);
    free(visit);
}
