#include "state/cache_peek.h"

#include "state/cache.h"
#include "state/fault.h"

static bool look(struct cache *c, bool stale, int64_t now, struct store_query *q)
{
    uint64_t hash = cache_hash(c, q->kind, q->name);
    struct cache_shard *s = cache_lock(c, hash);
    struct cache_moment m = cache_epoch_now(&c->epoch);
    bool served = cache_serve(c, s, m, hash, now, stale || m.state == CACHE_DOWN, q);
    pthread_mutex_unlock(&s->lock);
    return served;
}

static void peek_fetch(struct store *store, struct store_query *query, size_t n)
{
    struct cache_peek *p = (struct cache_peek *)store;
    struct cache *c = (struct cache *)p->cache;
    int64_t now = c ? c->config.utc() : 0;
    for (size_t i = 0; i < n; i++) {
        if (c && look(c, p->stale, now, &query[i]))
            continue;
        p->missed = true;
        fault_set(query[i].why, "not remembered");
    }
}

static void peek_close(struct store *store)
{
    (void)store;
}

void cache_peek_init(struct cache_peek *peek, struct store *cache, bool stale)
{
    static const struct store_ops ops = { .fetch = peek_fetch, .close = peek_close };
    *peek = (struct cache_peek){ .store = { &ops }, .cache = cache, .stale = stale };
}
