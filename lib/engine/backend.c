#include "engine/backend.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/backend_live.h"

/* What others see of a backend stands first. */
struct counted {
    struct backend backend;
    atomic_uint refs;
};

static struct backend *counted_new(void)
{
    struct counted *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    atomic_init(&c->refs, 1);
    return &c->backend;
}

struct backend *backend_of(struct store *store, struct journal *journal)
{
    struct backend *b = store ? counted_new() : NULL;
    if (!b) {
        store_close(store);
        journal_close(journal);
        return NULL;
    }
    b->store = store;
    b->journal = journal;
    return b;
}

static bool remember(void *cache, const struct store_query *query, int64_t known)
{
    cache_remember(cache, query, known);
    return true;
}

static bool same_state(const struct backend_live *a, const struct backend *b)
{
    return b && b->live && b->live->cache && strcmp(a->origin, b->live->origin) == 0;
}

struct backend *backend_new(const struct config *config, const struct keyring *keys,
                            const struct backend *before)
{
    struct backend *b = counted_new();
    (void)keys;
    if (!b)
        return NULL;
    if (!backend_live_open(b, config)) {
        backend_unref(b);
        return NULL;
    }
    struct backend_live *l = b->live;
    if (l->cache && same_state(l, before))
        cache_walk(before->live->cache, remember, l->cache);
    return b;
}

bool backend_start(struct backend *b)
{
    return !b->live || backend_live_start(b->live);
}

bool backend_fits(const struct backend *b, const struct config *config)
{
    char *settings = b->live ? backend_settings(config) : NULL;
    bool fits = settings && strcmp(settings, b->live->settings) == 0;
    free(settings);
    return fits;
}

void backend_use_keys(struct backend *b, const struct keyring *keys)
{
    (void)b;
    (void)keys;
}

struct backend *backend_ref(struct backend *b)
{
    atomic_fetch_add(&((struct counted *)b)->refs, 1);
    return b;
}

void backend_unref(struct backend *b)
{
    if (!b || atomic_fetch_sub(&((struct counted *)b)->refs, 1) > 1)
        return;
    if (b->live) {
        backend_live_close(b);
    } else {
        store_close(b->store);
        journal_close(b->journal);
    }
    free(b);
}
