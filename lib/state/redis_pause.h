#ifndef COEXIST_STATE_REDIS_PAUSE_H
#define COEXIST_STATE_REDIS_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

#define REDIS_PAUSE_FIRST_MS 50
#define REDIS_PAUSE_MAX_MS 1000

/*
 * When a server that failed is asked again: after a pause that doubles with each failure, and then
 * by one look-up alone. It reads no clock and takes no lock: `now` is in milliseconds, and callers
 * see to it that only one thread is in here. Begins as all zero.
 */
struct redis_pause {
    bool failing;
    bool probing;      /* one look-up is trying, alone */
    unsigned length;   /* of the last pause, in milliseconds */
    int64_t until;     /* its end */
    uint64_t failures; /* counted so far */
};

/* What one look-up remembers from its beginning to its end. */
struct redis_ticket {
    uint64_t failures;
    bool probe;
};

bool redis_pause_may_ask(const struct redis_pause *p, int64_t now);

/* A look-up begins; redis_pause_may_ask() has just said yes. It ends with one of the next two. */
struct redis_ticket redis_pause_ask(struct redis_pause *p);

void redis_pause_answered(struct redis_pause *p, struct redis_ticket t);

/* A look-up that began before the last failure adds nothing: many threads see one outage. */
void redis_pause_failed(struct redis_pause *p, struct redis_ticket t, int64_t now);

/* Another server is asked from now on: no pause, and look-ups that began before add nothing. */
void redis_pause_forget(struct redis_pause *p);

#endif
