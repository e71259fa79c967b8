#include "state/cache.h"

#define SHARD_BITS 6
_Static_assert(CACHE_SHARDS == 1 << SHARD_BITS, "a hash names its shard");

uint64_t cache_hash(const struct cache *c, enum record_kind kind, struct span name)
{
    struct siphash_key key = { c->key.k0 ^ (uint64_t)kind, c->key.k1 };
    return siphash(&key, name, 1, 3);
}

struct cache_shard *cache_lock(struct cache *c, uint64_t hash)
{
    struct cache_shard *s = &c->shard[hash >> (64 - SHARD_BITS)];
    pthread_mutex_lock(&s->lock);
    return s;
}

bool cache_is_fresh(const struct cache *c, struct cache_moment m, const struct cache_entry *e,
                    int64_t now)
{
    if (m.state != CACHE_FRESH || e->generation != m.generation)
        return false;
    /* A clock that was set back makes nothing immortal. */
    int64_t age = now < e->read ? e->read - now : now - e->read;
    return c->config.max_age_s == 0 || age < c->config.max_age_s;
}

int64_t cache_known_at(const struct cache *c, struct cache_moment m, const struct cache_entry *e,
                       int64_t now)
{
    int64_t until = e->read;
    if (e->generation == 0)
        return until;
    if (m.state == CACHE_FRESH && e->generation == m.generation)
        until = now;
    else
        cache_epoch_ended(&c->epoch, e->generation, &until);
    if (c->config.max_age_s > 0 && until > (int64_t)e->read + c->config.max_age_s)
        until = (int64_t)e->read + c->config.max_age_s;
    return until > e->read ? until : e->read;
}

bool cache_age(const struct cache *c, struct cache_moment m, const struct cache_entry *e,
               int64_t now, unsigned *age)
{
    int64_t known = cache_known_at(c, m, e, now);
    int64_t seconds = now > known ? now - known : 0;
    if (c->config.stale_max_s == 0 || seconds > c->config.stale_max_s)
        return false;
    *age = (unsigned)seconds;
    return true;
}
