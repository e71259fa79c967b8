#include <stdlib.h>

#include "state/cache.h"
#include "state/fault.h"

/* Queries up to so many are answered without memory of the heap. */
#define FEW 8

/* A query that is asked for below, and how things stood before: what is read is only worth as much
 * as has not changed since. */
struct miss {
    struct store_query *query;
    uint64_t hash;
    uint64_t forgets;
    struct cache_moment moment;
};

bool cache_serve(const struct cache *c, struct cache_shard *s, struct cache_moment m, uint64_t hash,
                 int64_t now, bool stale, struct store_query *q)
{
    struct cache_entry *e = cache_shard_find(s, (uint32_t)hash, q->kind, q->name);
    if (!e)
        return false;
    if (cache_is_fresh(c, m, e, now)) {
        s->hits++;
    } else {
        if (!stale || !cache_age(c, m, e, now, &q->age_s))
            return false;
        q->stale = true;
        s->stale++;
    }
    e->used = 1;
    q->why[0] = '\0';
    cache_entry_read(e, q);
    return true;
}

/* False with *miss filled: it has to be asked for. */
static bool serve_at_once(struct cache *c, int64_t now, struct store_query *q, struct miss *miss)
{
    uint64_t hash = cache_hash(c, q->kind, q->name);
    struct cache_shard *s = cache_lock(c, hash);
    struct cache_moment m = cache_epoch_now(&c->epoch);
    bool served = cache_serve(c, s, m, hash, now, m.state == CACHE_DOWN, q);
    if (!served) {
        s->fills++;
        *miss = (struct miss){ q, hash, s->forgets, m };
    }
    pthread_mutex_unlock(&s->lock);
    return served;
}

/* The one that is there may have been read after the new one was asked for. */
static bool is_better(const struct cache *c, const struct cache_entry *there,
                      const struct cache_entry *e, struct cache_moment m, int64_t now)
{
    if (e->generation > 0)
        return false;
    return cache_is_fresh(c, m, there, now) || cache_known_at(c, m, there, now) > e->read;
}

/* entry: NULL, or taken over. */
static void replace(const struct cache *c, struct cache_shard *s, const struct miss *miss,
                    struct cache_entry *entry, int64_t now)
{
    struct cache_moment m = cache_epoch_now(&c->epoch);
    const struct store_query *q = miss->query;
    struct cache_entry *there = cache_shard_find(s, (uint32_t)miss->hash, q->kind, q->name);
    if (entry && m.state == CACHE_FRESH && miss->moment.state == CACHE_FRESH &&
        m.generation == miss->moment.generation)
        entry->generation = m.generation;
    if (entry && there && is_better(c, there, entry, m, now)) {
        free(entry);
        return;
    }
    if (entry)
        entry->used = there != NULL;
    if (there)
        cache_shard_drop(s, there);
    if (entry && !cache_shard_add(s, entry))
        free(entry);
}

static void remember(struct cache *c, int64_t now, const struct miss *miss)
{
    struct cache_entry *entry = cache_entry_new(miss->query, miss->hash);
    if (entry)
        entry->read = cache_seconds(now);
    struct cache_shard *s = cache_lock(c, miss->hash);
    if (s->forgets == miss->forgets) {
        replace(c, s, miss, entry, now);
    } else {
        s->lost_fills++;
        free(entry);
    }
    pthread_mutex_unlock(&s->lock);
}

/* now: from before the store below was asked. */
static void settle(struct cache *c, int64_t now, const struct miss *miss)
{
    if (miss->query->answer != STORE_UNAVAILABLE) {
        remember(c, now, miss);
        return;
    }
    miss->query->record = (struct record){ .kind = miss->query->kind };
    struct cache_shard *s = cache_lock(c, miss->hash);
    cache_serve(c, s, cache_epoch_now(&c->epoch), miss->hash, now, true, miss->query);
    pthread_mutex_unlock(&s->lock);
}

/* The misses alone, in one call of the store below. */
static void ask_some(struct cache *c, const struct miss *miss, size_t n, struct store_query *asked)
{
    for (size_t i = 0; i < n; i++) {
        asked[i].kind = miss[i].query->kind;
        asked[i].name = miss[i].query->name;
    }
    store_fetch(c->below, asked, n);
    for (size_t i = 0; i < n; i++)
        *miss[i].query = asked[i];
}

static void ask_few(struct cache *c, const struct miss *miss, size_t n)
{
    struct store_query asked[FEW];
    ask_some(c, miss, n, asked);
}

static void ask_many(struct cache *c, const struct miss *miss, size_t n)
{
    struct store_query *asked = malloc(n * sizeof(*asked));
    for (size_t i = 0; !asked && i < n; i++)
        fault_set(miss[i].query->why, "out of memory");
    if (asked)
        ask_some(c, miss, n, asked);
    free(asked);
}

static void fetch_with(struct cache *c, struct store_query *query, size_t n, struct miss *miss)
{
    int64_t now = c->config.utc();
    size_t misses = 0;
    for (size_t i = 0; i < n; i++)
        if (!serve_at_once(c, now, &query[i], &miss[misses]))
            misses++;
    if (misses == 0)
        return;
    if (misses == n)
        store_fetch(c->below, query, n);
    else if (misses <= FEW)
        ask_few(c, miss, misses);
    else
        ask_many(c, miss, misses);
    for (size_t i = 0; i < misses; i++)
        settle(c, now, &miss[i]);
}

void cache_fetch(struct store *s, struct store_query *query, size_t n)
{
    struct cache *c = (struct cache *)s;
    struct miss few[FEW];
    struct miss *miss = n <= FEW ? few : malloc(n * sizeof(*miss));
    if (!miss) {
        for (size_t i = 0; i < n; i++)
            fault_set(query[i].why, "out of memory");
        return;
    }
    fetch_with(c, query, n, miss);
    if (miss != few)
        free(miss);
}
