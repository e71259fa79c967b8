#ifndef COEXIST_STATE_CACHE_SHARD_H
#define COEXIST_STATE_CACHE_SHARD_H

#include <pthread.h>

#include "state/cache_entry.h"

/*
 * A part of the cache with a lock of its own: a table of chains that grows, and the hand of the
 * clock that goes round it, to choose what goes when it is full. But for the first two, all
 * functions want the lock held.
 */
struct cache_shard {
    _Alignas(64) pthread_mutex_t lock; /* on a line of the processor's cache of its own */
    struct cache_entry **bucket;
    size_t buckets; /* 0, or a power of two */
    size_t entries;
    size_t entries_max;
    size_t hand;      /* the next bucket that it looks at */
    uint64_t forgets; /* how often something was invalidated: an answer read meanwhile is lost */
    uint64_t hits, fills, lost_fills, stale, invalidated, evicted;
};

void cache_shard_init(struct cache_shard *s, size_t entries_max);

/* With all that is in it. */
void cache_shard_free(struct cache_shard *s);

/* NULL: there is none. */
struct cache_entry *cache_shard_find(const struct cache_shard *s, uint32_t hash,
                                     enum record_kind kind, struct span name);

/* Removes and frees one that is there. */
void cache_shard_drop(struct cache_shard *s, struct cache_entry *e);

/* Takes over one that is not there; another goes where it is full. False, and nothing taken,
 * without memory. */
bool cache_shard_add(struct cache_shard *s, struct cache_entry *e);

/* Calls visit for each entry; until it returns false, and then false. */
bool cache_shard_each(const struct cache_shard *s,
                      bool (*visit)(void *arg, const struct cache_entry *e), void *arg);

/* The whole table; the shard is empty then. For cache_table_free(), which wants no lock. */
struct cache_table {
    struct cache_entry **bucket;
    size_t buckets;
};
struct cache_table cache_shard_empty(struct cache_shard *s);
void cache_table_free(struct cache_table table);

#endif
