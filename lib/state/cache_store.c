#include "state/cache_store.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "state/cache.h"

static int64_t system_utc(void)
{
    return time(NULL);
}

static void cache_close(struct store *store)
{
    struct cache *c = (struct cache *)store;
    for (size_t i = 0; i < CACHE_SHARDS; i++)
        cache_shard_free(&c->shard[i]);
    cache_epoch_free(&c->epoch);
    store_close(c->below);
    free(c);
}

static const struct store_ops cache_ops = { .fetch = cache_fetch, .close = cache_close };

struct store *cache_store_new(struct store *below, const struct cache_config *config)
{
    struct cache *c = aligned_alloc(_Alignof(struct cache), sizeof(*c));
    struct siphash_key key;
    if (!c || getentropy(&key, sizeof(key)) != 0) {
        free(c);
        store_close(below);
        return NULL;
    }
    c->store.ops = &cache_ops;
    c->below = below;
    c->config = *config;
    if (!c->config.utc)
        c->config.utc = system_utc;
    c->key = key;
    cache_epoch_init(&c->epoch);
    size_t each = config->entries_max / CACHE_SHARDS;
    for (size_t i = 0; i < CACHE_SHARDS; i++)
        cache_shard_init(&c->shard[i], each > 0 ? each : 1);
    return &c->store;
}

void cache_set_state(struct store *cache, enum cache_state state)
{
    struct cache *c = (struct cache *)cache;
    cache_epoch_set(&c->epoch, state, c->config.utc());
}

void cache_invalidate(struct store *cache, enum record_kind kind, struct span name)
{
    struct cache *c = (struct cache *)cache;
    uint64_t hash = cache_hash(c, kind, name);
    struct cache_shard *s = cache_lock(c, hash);
    struct cache_entry *e = cache_shard_find(s, (uint32_t)hash, kind, name);
    if (e)
        cache_shard_drop(s, e);
    s->forgets++;
    s->invalidated++;
    pthread_mutex_unlock(&s->lock);
}

void cache_invalidate_all(struct store *cache)
{
    struct cache *c = (struct cache *)cache;
    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        struct cache_shard *s = &c->shard[i];
        pthread_mutex_lock(&s->lock);
        struct cache_table table = cache_shard_empty(s);
        s->forgets++;
        pthread_mutex_unlock(&s->lock);
        cache_table_free(table);
    }
}

/* entry: taken over. */
static bool add_remembered(struct cache *c, struct cache_entry *entry, uint64_t hash,
                           const struct store_query *query)
{
    struct cache_shard *s = cache_lock(c, hash);
    bool there = cache_shard_find(s, (uint32_t)hash, query->kind, query->name);
    bool added = !there && s->entries < s->entries_max && cache_shard_add(s, entry);
    pthread_mutex_unlock(&s->lock);
    if (!added)
        free(entry);
    return there || added;
}

bool cache_remember(struct store *cache, const struct store_query *query, int64_t known)
{
    struct cache *c = (struct cache *)cache;
    uint64_t hash = cache_hash(c, query->kind, query->name);
    struct cache_entry *entry = cache_entry_new(query, hash);
    if (!entry)
        return false;
    int64_t now = c->config.utc();
    entry->read = cache_seconds(known < now ? known : now);
    return add_remembered(c, entry, hash, query);
}

/* Copies of the entries of one shard that may still be served: `read` is when each was known to be
 * right. */
struct copies {
    const struct cache *cache;
    struct cache_moment moment;
    int64_t now;
    char *at; /* NULL: only counted */
    size_t n;
};

static bool copy_entry(void *arg, const struct cache_entry *e)
{
    struct copies *to = arg;
    unsigned age;
    if (!cache_is_fresh(to->cache, to->moment, e, to->now) &&
        !cache_age(to->cache, to->moment, e, to->now, &age))
        return true;
    struct cache_entry *copy = to->at ? (struct cache_entry *)(to->at + to->n) : NULL;
    to->n += cache_entry_copy(e, copy);
    if (copy)
        copy->read = cache_seconds(cache_known_at(to->cache, to->moment, e, to->now));
    return true;
}

/* False without memory. */
static bool copy_shard(struct cache *c, struct cache_shard *s, struct copies *to)
{
    *to = (struct copies){ .cache = c, .now = c->config.utc() };
    pthread_mutex_lock(&s->lock);
    to->moment = cache_epoch_now(&c->epoch);
    cache_shard_each(s, copy_entry, to);
    if (to->n > 0)
        to->at = malloc(to->n);
    bool enough = to->n == 0 || to->at;
    if (to->at) {
        to->n = 0;
        cache_shard_each(s, copy_entry, to);
    }
    pthread_mutex_unlock(&s->lock);
    return enough;
}

static bool visit_copies(const struct copies *from,
                         bool (*visit)(void *arg, const struct store_query *query, int64_t known),
                         void *arg)
{
    struct store_query query;
    for (size_t i = 0; i < from->n;) {
        const struct cache_entry *e = (const struct cache_entry *)(from->at + i);
        cache_entry_query(e, &query);
        if (!visit(arg, &query, e->read))
            return false;
        i += cache_entry_copy(e, NULL);
    }
    return true;
}

bool cache_walk(struct store *cache,
                bool (*visit)(void *arg, const struct store_query *query, int64_t known), void *arg)
{
    struct cache *c = (struct cache *)cache;
    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        struct copies copies;
        bool whole = copy_shard(c, &c->shard[i], &copies) && visit_copies(&copies, visit, arg);
        free(copies.at);
        if (!whole)
            return false;
    }
    return true;
}

void cache_count(struct store *cache, struct cache_counts *out)
{
    struct cache *c = (struct cache *)cache;
    *out = (struct cache_counts){ .state = cache_epoch_now(&c->epoch).state };
    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        struct cache_shard *s = &c->shard[i];
        pthread_mutex_lock(&s->lock);
        out->hits += s->hits;
        out->fills += s->fills;
        out->lost_fills += s->lost_fills;
        out->stale += s->stale;
        out->invalidated += s->invalidated;
        out->evicted += s->evicted;
        out->entries += s->entries;
        pthread_mutex_unlock(&s->lock);
    }
}
