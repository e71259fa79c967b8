#ifndef COEXIST_STATE_CACHE_EPOCH_H
#define COEXIST_STATE_CACHE_EPOCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "state/cache_store.h"

/*
 * The state of a cache, and its generations: each time that changes begin to be reported a new one
 * begins, and what was read in an earlier one is fresh no more. Read without a lock.
 */

/* Of so many of the last generations it is known when they ended. */
#define CACHE_GENERATIONS_KEPT 1024

struct cache_epoch {
    pthread_mutex_t lock;    /* of those who change it */
    _Atomic uint64_t packed; /* a cache_moment */
    _Atomic uint64_t ended[CACHE_GENERATIONS_KEPT];
};

struct cache_moment {
    enum cache_state state;
    uint32_t generation; /* the present one, or that which ended last; 0: there was none */
};

void cache_epoch_init(struct cache_epoch *e);
void cache_epoch_free(struct cache_epoch *e);

struct cache_moment cache_epoch_now(const struct cache_epoch *e);

/* utc: seconds. */
void cache_epoch_set(struct cache_epoch *e, enum cache_state state, int64_t utc);

/* When the generation ended, in seconds. False: it has not, or too many have since. */
bool cache_epoch_ended(const struct cache_epoch *e, uint32_t generation, int64_t *utc);

#endif
