#ifndef COEXIST_STATE_CACHE_H
#define COEXIST_STATE_CACHE_H

#include "state/cache_epoch.h"
#include "state/cache_shard.h"
#include "state/siphash.h"

/* What the files of the cache share; for others there is state/cache_store.h. */

struct cache {
    struct store store;
    struct store *below;
    struct cache_config config;
    struct siphash_key key;
    struct cache_epoch epoch;
    struct cache_shard shard[CACHE_SHARDS];
};

/* The highest bits name the shard, the lowest the chain in it. */
uint64_t cache_hash(const struct cache *c, enum record_kind kind, struct span name);

/* Locked. */
struct cache_shard *cache_lock(struct cache *c, uint64_t hash);

/* May the entry be served without asking? now: seconds, here and below. */
bool cache_is_fresh(const struct cache *c, struct cache_moment m, const struct cache_entry *e,
                    int64_t now);

/* When its answer was last known to be right. */
int64_t cache_known_at(const struct cache *c, struct cache_moment m, const struct cache_entry *e,
                       int64_t now);

/* Seconds since then. False: too many for it to be served even as stale. */
bool cache_age(const struct cache *c, struct cache_moment m, const struct cache_entry *e,
               int64_t now, unsigned *age);

/* Answers from what is remembered; stale ones only where they are wanted. The shard is locked. */
bool cache_serve(const struct cache *c, struct cache_shard *s, struct cache_moment m, uint64_t hash,
                 int64_t now, bool stale, struct store_query *q);

/* The fetch of store_ops. */
void cache_fetch(struct store *s, struct store_query *query, size_t n);

#endif
