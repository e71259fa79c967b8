#include "state/cache_shard.h"

#include <stdlib.h>

#define BUCKETS_FIRST 4

void cache_shard_init(struct cache_shard *s, size_t entries_max)
{
    *s = (struct cache_shard){ .entries_max = entries_max };
    pthread_mutex_init(&s->lock, NULL);
}

void cache_shard_free(struct cache_shard *s)
{
    cache_table_free(cache_shard_empty(s));
    pthread_mutex_destroy(&s->lock);
}

/* The link to the first of the chain. */
static struct cache_entry **chain_of(const struct cache_shard *s, uint32_t hash)
{
    return &s->bucket[hash & (s->buckets - 1)];
}

struct cache_entry *cache_shard_find(const struct cache_shard *s, uint32_t hash,
                                     enum record_kind kind, struct span name)
{
    struct cache_entry *e = s->buckets > 0 ? *chain_of(s, hash) : NULL;
    while (e && !cache_entry_is(e, hash, kind, name))
        e = e->next;
    return e;
}

static void unlink_entry(struct cache_shard *s, struct cache_entry **link)
{
    struct cache_entry *e = *link;
    *link = e->next;
    s->entries--;
    free(e);
}

void cache_shard_drop(struct cache_shard *s, struct cache_entry *e)
{
    struct cache_entry **link = chain_of(s, e->hash);
    while (*link != e)
        link = &(*link)->next;
    unlink_entry(s, link);
}

/* The oldest of the chain that was not used since the hand came by; NULL: all were. */
static struct cache_entry **pass_chain(struct cache_entry **link)
{
    struct cache_entry **found = NULL;
    for (; *link; link = &(*link)->next) {
        if (!(*link)->used)
            found = link;
        (*link)->used = 0;
    }
    return found;
}

/* The hand finds one in its second round at the latest. It leaves the chain then, so that
 * the others in it keep their second chance for a whole round. */
static void evict(struct cache_shard *s)
{
    struct cache_entry **link;
    do
        link = pass_chain(&s->bucket[s->hand++ & (s->buckets - 1)]);
    while (!link);
    unlink_entry(s, link);
}

static void move_chains(struct cache_shard *to, struct cache_entry **bucket, size_t buckets)
{
    for (size_t i = 0; i < buckets; i++) {
        while (bucket[i]) {
            struct cache_entry *e = bucket[i];
            bucket[i] = e->next;
            struct cache_entry **chain = chain_of(to, e->hash);
            e->next = *chain;
            *chain = e;
        }
    }
}

/* Without memory the chains get longer. False: there is no table at all. */
static bool grow(struct cache_shard *s)
{
    if (s->entries < s->buckets)
        return true;
    struct cache_entry **old = s->bucket;
    size_t buckets = s->buckets;
    size_t wanted = buckets > 0 ? 2 * buckets : BUCKETS_FIRST;
    struct cache_entry **grown = calloc(wanted, sizeof(struct cache_entry *));
    if (!grown)
        return buckets > 0;
    s->bucket = grown;
    s->buckets = wanted;
    move_chains(s, old, buckets);
    free(old);
    return true;
}

bool cache_shard_add(struct cache_shard *s, struct cache_entry *e)
{
    if (s->entries >= s->entries_max) {
        evict(s);
        s->evicted++;
    }
    if (!grow(s))
        return false;
    struct cache_entry **chain = chain_of(s, e->hash);
    e->next = *chain;
    *chain = e;
    s->entries++;
    return true;
}

bool cache_shard_each(const struct cache_shard *s,
                      bool (*visit)(void *arg, const struct cache_entry *e), void *arg)
{
    for (size_t i = 0; i < s->buckets; i++)
        for (const struct cache_entry *e = s->bucket[i]; e; e = e->next)
            if (!visit(arg, e))
                return false;
    return true;
}

struct cache_table cache_shard_empty(struct cache_shard *s)
{
    struct cache_table table = { s->bucket, s->buckets };
    s->bucket = NULL;
    s->buckets = 0;
    s->entries = 0;
    return table;
}

void cache_table_free(struct cache_table table)
{
    for (size_t i = 0; i < table.buckets; i++) {
        while (table.bucket[i]) {
            struct cache_entry *e = table.bucket[i];
            table.bucket[i] = e->next;
            free(e);
        }
    }
    free(table.bucket);
}
