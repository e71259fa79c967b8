#include "ctl/dry_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "state/breaker_set.h"
#include "state/fault.h"
#include "state/journal_entry.h"
#include "state/ledger_reader.h"
#include "sys/clock.h"

#define SCORE_MAX 64 /* octets; Redis writes no longer ones */

struct dry_journal {
    struct journal journal;
    struct dry *dry;
    struct dry_client client;
    struct span prefix;
    struct ledger_recent *recent; /* always empty */
};

/* The breaker of one recipient with its home. */
struct breaker_ask {
    struct span prefix;
    struct entry_key member;
    struct dry_breaker *out;
    int64_t now;
};

static bool breaker_add(void *arg, size_t i, struct redis_connection *c)
{
    const struct breaker_ask *a = arg;
    struct entry_key key;
    (void)i;
    if (!entry_key_make(&key, a->prefix, BREAKER_KEY, SPAN_LIT("")))
        return false;
    const struct span word[] = { SPAN_LIT("ZSCORE"), entry_key_span(&key),
                                 entry_key_span(&a->member) };
    redis_connection_add(c, word, COUNT_OF(word));
    return true;
}

/* The filter asks for scores above this second, which Redis compares; the score is any number that
 * somebody has written. */
static void breaker_found(const struct breaker_ask *a, struct span score)
{
    char text[SCORE_MAX + 1];
    size_t n = score.n < SCORE_MAX ? score.n : SCORE_MAX;
    struct breaker *b = breaker_read(entry_key_span(&a->member), score);
    memcpy(text, score.p, n);
    text[n] = '\0';
    bool open = b && strtod(text, NULL) > (double)a->now;
    a->out->until = open ? b->until : 0;
    a->out->answer = open ? STORE_FOUND : STORE_ABSENT;
    free(b);
}

static bool breaker_answer(void *arg, size_t i, const struct redis_reply *reply)
{
    const struct breaker_ask *a = arg;
    (void)i;
    switch (redis_reply_kind(reply)) {
    case REDIS_NIL:
        a->out->answer = STORE_ABSENT;
        return true;
    case REDIS_TEXT:
        breaker_found(a, redis_reply_text(reply));
        return true;
    case REDIS_ERROR:
        fault_set(a->out->why, "%.*s", SPAN_ARG(redis_reply_error_words(reply)));
        return true;
    default:
        return false;
    }
}

static bool dry_is_open(struct journal *journal, struct span recipient, enum home home)
{
    struct dry_journal *j = (struct dry_journal *)journal;
    struct dry_breaker *out = &j->dry->breaker;
    struct breaker_ask a = { .prefix = j->prefix, .out = out, .now = clock_utc() };
    const struct redis_exchange x = { 1, breaker_add, breaker_answer, &a };
    char name[32], lost[RECORD_FAULT_MAX];
    *out = (struct dry_breaker){ .asked = true, .answer = STORE_UNAVAILABLE, .home = home };
    snprintf(name, sizeof(name), "%s ", home_name(home));
    if (!entry_key_make(&a.member, SPAN_LIT(""), name, recipient))
        return false;
    if (!redis_client_run(j->client.client, &x, lost))
        fault_set(out->why, "%s", lost);
    return out->answer == STORE_FOUND;
}

static void dry_visits(struct journal *journal, struct journal_query *query, size_t n,
                       char why[RECORD_FAULT_MAX])
{
    struct dry_journal *j = (struct dry_journal *)journal;
    struct dry_ledger *out = &j->dry->ledger;
    why[0] = '\0';
    ledger_reader_read(j->client.client, j->recent, query, n, why);
    *out = (struct dry_ledger){ .asked = n > 0, .query = query[0] };
    memcpy(out->why, why, sizeof(out->why));
}

static void dry_event(struct journal *j, const struct journal_field *field, size_t n)
{
    (void)j;
    (void)field;
    (void)n;
}

static void dry_sent(struct journal *j, const struct journal_visit *visit)
{
    (void)j;
    (void)visit;
}

static void dry_struck(struct journal *j, struct span recipient, enum home home)
{
    (void)j;
    (void)recipient;
    (void)home;
}

static void dry_close(struct journal *journal)
{
    struct dry_journal *j = (struct dry_journal *)journal;
    if (j->recent)
        ledger_recent_free(j->recent);
    free(j->recent);
    dry_client_close(&j->client);
    free(j);
}

static const struct journal_ops dry_ops = {
    .event = dry_event,
    .sent = dry_sent,
    .visits = dry_visits,
    .struck = dry_struck,
    .is_open = dry_is_open,
    .close = dry_close,
};

struct journal *dry_journal_new(struct dry *d, const struct config *config, const char *url,
                                char why[RECORD_FAULT_MAX])
{
    struct dry_journal *j = calloc(1, sizeof(*j));
    fault_set(why, "out of memory");
    if (!j)
        return NULL;
    j->journal.ops = &dry_ops;
    j->dry = d;
    j->prefix = span_of(config->prefix);
    j->recent = calloc(1, sizeof(*j->recent));
    if (j->recent) {
        ledger_recent_init(j->recent);
        if (dry_client_open(&j->client, config, url, why))
            return &j->journal;
    }
    dry_close(&j->journal);
    return NULL;
}
