#include "state/redis_pause.h"

bool redis_pause_may_ask(const struct redis_pause *p, int64_t now)
{
    return !p->failing || (now >= p->until && !p->probing);
}

struct redis_ticket redis_pause_ask(struct redis_pause *p)
{
    struct redis_ticket t = { .failures = p->failures, .probe = p->failing };
    if (t.probe)
        p->probing = true;
    return t;
}

static void ticket_end(struct redis_pause *p, struct redis_ticket t)
{
    if (t.probe)
        p->probing = false;
}

void redis_pause_answered(struct redis_pause *p, struct redis_ticket t)
{
    ticket_end(p, t);
    p->failing = false;
    p->length = 0;
}

void redis_pause_failed(struct redis_pause *p, struct redis_ticket t, int64_t now)
{
    ticket_end(p, t);
    if (t.failures != p->failures)
        return;
    p->failures++;
    p->failing = true;
    p->length = p->length == 0 ? REDIS_PAUSE_FIRST_MS : p->length * 2;
    if (p->length > REDIS_PAUSE_MAX_MS)
        p->length = REDIS_PAUSE_MAX_MS;
    p->until = now + p->length;
}

void redis_pause_forget(struct redis_pause *p)
{
    *p = (struct redis_pause){ .failures = p->failures + 1 };
}
