#include "engine/breaker.h"

static bool in_use(const struct engine *e)
{
    return e->journal && e->config->breaker_limit > 0;
}

bool breaker_is_open(const struct engine *e, struct span recipient, enum home home)
{
    return in_use(e) && journal_is_open(e->journal, recipient, home);
}

static bool is_proven(const struct engine *e, const struct recipient *r,
                      const struct breaker_case *c)
{
    if (recipient_is_conflict(r))
        return c->origin == ORIGIN_PEER;
    if (r->decision.reason != REASON_LOOP || !(r->loop.evidence & LOOP_BY_TRACE) ||
        c->authenticated || c->now - c->traced > e->config->breaker_window_s)
        return false;
    return c->origin != ORIGIN_EXTERNAL || !engine_knows_peer_by_network(e);
}

void breaker_count(const struct engine *e, const struct recipient *r, const struct breaker_case *c)
{
    /* What the peer's MTA still sends by what a map said before a flip is no fault of a record. */
    if (in_use(e) && recipient_is_acted_on(r) && !r->unsettled && is_proven(e, r, c))
        journal_struck(e->journal, span_of(r->address.key), r->home);
}
