#include "state/redis_outage.h"

#include "state/redis_pause.h"

static void outage_begin(struct redis_outage *o, int64_t now)
{
    if (!o->before || now - o->since >= REDIS_PAUSE_MAX_MS)
        o->pause = 0;
    o->on = true;
    o->before = true;
    o->since = now;
    o->told = 0;
}

static unsigned longer(unsigned pause)
{
    return pause == 0                       ? REDIS_PAUSE_FIRST_MS
           : pause * 2 < REDIS_PAUSE_MAX_MS ? pause * 2
                                            : REDIS_PAUSE_MAX_MS;
}

/* A server that closed, and then cannot be reached, is away: that is one story. */
static unsigned bit_of(enum redis_failure kind)
{
    return kind == FAILURE_REFUSED ? 2 : 1;
}

unsigned redis_outage_failed(struct redis_outage *o, enum redis_failure kind, int64_t now,
                             bool *tell)
{
    if (!o->on)
        outage_begin(o, now);
    *tell = !(o->told & bit_of(kind)) && (!o->spoken || now - o->told_at >= REDIS_OUTAGE_LINE_MS);
    if (*tell) {
        o->told |= bit_of(kind);
        o->spoken = true;
        o->told_at = now;
    }
    unsigned pause = o->pause;
    o->pause = longer(pause);
    return kind == FAILURE_REFUSED ? REDIS_PAUSE_MAX_MS : pause;
}

bool redis_outage_over(struct redis_outage *o, int64_t now, int64_t *length)
{
    *length = now - o->since;
    bool tell = o->on && o->told;
    o->on = false;
    return tell;
}
