#include "engine/readiness.h"

#include <stdio.h>

#include "engine/backend_live.h"

/* The first domain's record is as good as any. */
static bool is_answered(const struct engine *e, char why[READINESS_TEXT_MAX])
{
    struct store_query q = { .kind = RECORD_DOMAIN, .name = span_of(e->config->domain[0].name) };
    store_fetch(e->store, &q, 1);
    if (q.answer != STORE_UNAVAILABLE)
        return true;
    snprintf(why, READINESS_TEXT_MAX, "the state is not known: %s", q.why);
    return false;
}

static bool is_heard(const struct backend_live *l, char why[READINESS_TEXT_MAX])
{
    struct cache_counts now;
    cache_count(l->cache, &now);
    if (now.state == CACHE_FRESH)
        return true;
    snprintf(why, READINESS_TEXT_MAX,
             "the state is not known: Redis at %s %s; records remembered: %zu", l->server,
             now.state == CACHE_DOWN ? "does not answer" : "does not tell its changes yet",
             now.entries);
    return false;
}

/* The path of a socket may hold anything. */
static void make_printable(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

bool readiness_check(const struct engine *e, char why[READINESS_TEXT_MAX])
{
    const struct backend_live *l = e->backend->live;
    bool ready = l && l->cache ? is_heard(l, why) : is_answered(e, why);
    if (!ready)
        make_printable(why);
    return ready;
}
