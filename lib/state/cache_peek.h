#ifndef COEXIST_STATE_CACHE_PEEK_H
#define COEXIST_STATE_CACHE_PEEK_H

#include "state/cache_store.h"

/*
 * A look into a cache that never asks the store below, and so never waits: a store for one thread,
 * in memory of the caller, with nothing to close. What it does not have is STORE_UNAVAILABLE, and
 * `missed` says that there was such.
 */
struct cache_peek {
    struct store store;
    struct store *cache;
    bool stale;
    bool missed;
};

/*
 * cache: what cache_store_new() gave, or NULL, which remembers nothing. stale: what is remembered
 * from before is served too where the cache itself would first ask below.
 */
void cache_peek_init(struct cache_peek *peek, struct store *cache, bool stale);

#endif
