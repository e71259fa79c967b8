#include "engine/map.h"

#include "base/count.h"
#include "engine/explain.h"
#include "engine/map_key.h"
#include "engine/map_memory.h"
#include "engine/meter.h"
#include "state/cache_peek.h"
#include "sys/clock.h"
#include "sys/log.h"

#define NO_MEMORY "out of memory"
#define TOO_LONG "the answer is too long, or out of memory"
#define LATE_REASON "state-late: "
#define LATE LATE_REASON "where this mailbox lives could not be found out in time, try again later"
#define NO_TABLE "there is no such table; accepted: transport, recipients, alias"
#define OBSERVED "OK observed"
#define UNREADABLE "the address cannot be read with certainty"

/* One look-up: the key, and what is decided about the recipient that it names. */
struct look {
    const struct engine *engine;
    const char *table;
    struct span key;
    struct recipient recipient;
    struct buf *out;
};

static void not_found(struct look *l)
{
    buf_adds(l->out, "NOTFOUND ");
}

static void temporary(struct buf *out, const char *why)
{
    buf_addf(out, "TEMP %s", why);
}

static struct reply reply_of(const struct look *l)
{
    struct reply reply;
    explain_reply(&l->recipient, l->engine, ORIGIN_EXTERNAL, NULL, &reply);
    return reply;
}

/* Postfix may act by it for a while. */
static void remember(const struct look *l, enum map_way way)
{
    map_memory_tell(l->engine->told, span_of(l->recipient.address.key), way, clock_monotonic_us());
}

/* By the next hop of a system, or by Postfix's own rules where it has none. */
static void send_to(struct look *l, enum system s)
{
    const char *nexthop = l->engine->config->system[s].nexthop;
    remember(l, s == l->engine->config->node ? MAP_WAY_OWN : MAP_WAY_PEER);
    if (nexthop)
        buf_addf(l->out, "OK %s", nexthop);
    else
        not_found(l);
}

/* Postfix's own services error and retry take a status and a text for next hop: at RCPT, and for
 * what is queued, the one says 550 or bounces, the other 450 or waits. */
static void refuse(struct look *l)
{
    struct reply reply = reply_of(l);
    if (reply.code >= 500)
        remember(l, MAP_WAY_REFUSED);
    if (l->recipient.decision.reason == REASON_STATE_DOWN)
        temporary(l->out, reply.text);
    else
        buf_addf(l->out, "OK %s:%s %s", reply.code >= 500 ? "error" : "retry", reply.status,
                 reply.text);
}

/* It lives on both systems, and how to reach the other one is not known: mail from there is kept
 * here, and none from elsewhere gets past the filter. */
static bool lacks_copy(const struct recipient *r)
{
    return r->decision.reason == REASON_NO_ROUTE && r->home == HOME_BOTH;
}

static void answer_transport(struct look *l)
{
    const struct recipient *r = &l->recipient;
    enum system own = l->engine->config->node;
    switch (r->decision.action) {
    case ACTION_HERE:
    case ACTION_BOTH:
        send_to(l, own);
        break;
    case ACTION_DIVERT:
        send_to(l, system_other(own));
        break;
    default:
        if (lacks_copy(r))
            send_to(l, own);
        else
            refuse(l);
    }
}

/* Nobody can say yet. */
static bool is_open(const struct recipient *r)
{
    enum reason reason = r->decision.reason;
    return reason == REASON_STATE_DOWN || reason == REASON_BAD_RECORD;
}

static void answer_recipients(struct look *l)
{
    const struct recipient *r = &l->recipient;
    if (r->decision.observed)
        buf_adds(l->out, OBSERVED);
    else if (is_open(r))
        temporary(l->out, reply_of(l).text);
    else if (r->decision.reason == REASON_UNKNOWN_USER)
        not_found(l);
    else
        buf_addf(l->out, "OK %s", r->state == STATE_DEFAULT ? "default" : home_name(r->home));
}

static void answer_mailbox(struct look *l)
{
    struct buf mailbox;
    buf_init(&mailbox, ADDRESS_MAX);
    recipient_mailbox(&l->recipient, &mailbox);
    buf_adds(l->out, "OK ");
    map_key_address(buf_span(&mailbox), l->out);
    if (!buf_ok(&mailbox)) {
        buf_clear(l->out);
        temporary(l->out, TOO_LONG);
    }
    buf_free(&mailbox);
}

/* Postfix asks again for each address that it gets, and goes on with one that stands for itself. */
static void answer_alias(struct look *l)
{
    const struct recipient *r = &l->recipient;
    bool both = r->decision.action == ACTION_BOTH;
    if (is_open(r) || r->decision.action == ACTION_DEFER) {
        temporary(l->out, reply_of(l).text);
    } else if (r->mailbox) {
        answer_mailbox(l);
    } else if (r->target && (both || r->decision.action == ACTION_DIVERT)) {
        buf_addf(l->out, "OK %s%s%s", both ? r->address.text : "", both ? ", " : "", r->target);
    } else {
        not_found(l);
    }
}

static const struct table {
    const char *name;
    void (*answer)(struct look *l);
    bool of_observed; /* it has an answer for domains that are only observed */
} tables[] = {
    { "transport", answer_transport, false },
    { "recipients", answer_recipients, true },
    { "alias", answer_alias, false },
};
_Static_assert(COUNT_OF(tables) + 1 == MAP_TABLES, "each is counted, and what names none");

/* COUNT_OF(tables): none of them. key: what follows. */
static size_t find_table(struct span request, struct span *key)
{
    struct span name;
    size_t i = 0;
    *key = request;
    span_split(key, ' ', &name);
    while (i < COUNT_OF(tables) && !(span_present(*key) && span_eq(name, span_of(tables[i].name))))
        i++;
    return i;
}

/* The record is for the administrator to mend: no client is told it. */
static void log_bad(const struct look *l)
{
    const struct recipient *r = &l->recipient;
    struct log_line line;
    if (r->decision.reason != REASON_BAD_RECORD && r->decision.reason != REASON_NO_ROUTE)
        return;
    log_begin(&line, LOG_LEVEL_WARNING, NULL, "map");
    log_text(&line, "table", l->table);
    log_text(&line, "rcpt", r->address.key);
    log_text(&line, "reason", reason_name(r->decision.reason));
    if (r->key)
        log_text(&line, "key", r->key);
    if (r->why)
        log_text(&line, "why", r->why);
    log_end(&line);
}

/* Of one of our domains, and nobody can say which recipient: the filter refuses it too. */
static void answer_unreadable(struct look *l, const struct table *table)
{
    char lower[MAP_KEY_DOMAIN_MAX];
    const struct config_domain *d =
        config_find_domain(l->engine->config, map_key_domain(l->key, lower));
    if (d && d->mode == MODE_ENFORCE && table->answer == answer_transport)
        buf_adds(l->out, "OK error:5.1.3 " UNREADABLE);
    else if (d && d->mode == MODE_OBSERVE && table->answer == answer_recipients)
        buf_adds(l->out, OBSERVED);
    else
        not_found(l);
}

static void answer(struct look *l, const struct table *table)
{
    struct recipient *r = &l->recipient;
    if (r->unreadable) {
        answer_unreadable(l, table);
        return;
    }
    recipient_decide(r, l->engine,
                     &(struct surroundings){ .origin = ORIGIN_EXTERNAL, .alone = true });
    bool ours = r->decision.action != ACTION_LEAVE;
    if (!ours || (r->decision.observed && !table->of_observed)) {
        if (ours && table->answer == answer_transport)
            remember(l, MAP_WAY_OWN);
        not_found(l);
        return;
    }
    if (!r->decision.observed)
        log_bad(l);
    table->answer(l);
}

/* False: what is needed is not within reach. */
static bool look_up(struct look *l, const struct table *table, enum map_reach reach)
{
    struct cache_peek peek;
    struct buf address;
    struct store *store = l->engine->store;
    if (reach != MAP_FROM_STORE)
        store = backend_peek(l->engine->backend, &peek, reach == MAP_FROM_STALE);
    buf_init(&address, 2 * MAP_REQUEST_MAX);
    if (!map_key_address(l->key, &address)) {
        not_found(l);
        return true;
    }
    bool looked =
        buf_ok(&address) && recipient_look(&l->recipient, l->engine, store, buf_span(&address));
    bool missed = looked && store == &peek.store && peek.missed;
    if (!looked)
        temporary(l->out, NO_MEMORY);
    else if (!missed)
        answer(l, table);
    recipient_free(&l->recipient);
    buf_free(&address);
    return !missed;
}

bool map_answer(const struct engine *e, struct span request, enum map_reach reach, struct buf *out)
{
    struct look l = { .engine = e, .out = out };
    size_t i = find_table(request, &l.key);
    if (i == COUNT_OF(tables)) {
        buf_adds(out, "PERM " NO_TABLE);
        return true;
    }
    l.table = tables[i].name;
    if (!look_up(&l, &tables[i], reach))
        return false;
    if (!buf_ok(out)) {
        buf_clear(out);
        temporary(out, TOO_LONG);
    }
    return true;
}

void map_answer_late(struct buf *out)
{
    buf_clear(out);
    temporary(out, LATE);
}

const char *map_result_name(enum map_result r)
{
    static const char *const names[] = { "ok", "notfound", "temp", "perm", "late" };
    _Static_assert(COUNT_OF(names) == MAP_RESULTS, "a name for each result");
    return (size_t)r < COUNT_OF(names) ? names[r] : "?";
}

const char *map_table_name(unsigned i)
{
    return i < COUNT_OF(tables) ? tables[i].name : "other";
}

static enum map_result result_of(struct span reply)
{
    struct span word;
    span_split(&reply, ' ', &word);
    if (span_eq(word, SPAN_LIT("OK")))
        return MAP_OK;
    if (span_eq(word, SPAN_LIT("NOTFOUND")))
        return MAP_NOTFOUND;
    if (span_eq(word, SPAN_LIT("PERM")))
        return MAP_PERM;
    return span_istarts(reply, SPAN_LIT(LATE_REASON)) ? MAP_LATE : MAP_TEMP;
}

void map_count(const struct engine *e, struct span request, struct span reply)
{
    struct span key;
    meter_map(e->meter, (unsigned)find_table(request, &key), result_of(reply));
}
