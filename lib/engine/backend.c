#include "engine/backend.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/backend_live.h"
#include "sys/clock.h"
#include "sys/log.h"

/* What others see of a backend stands first. */
struct counted {
    struct backend backend;
    atomic_uint refs;
    atomic_bool knows_both;
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

static void read_snapshot(const struct backend_live *l, const struct keyring *keys)
{
    const struct snapshot file = { l->snapshot, l->origin, l->owned ? &l->owner : NULL };
    char error[SNAPSHOT_ERROR_MAX];
    size_t records = 0;
    if (!snapshot_read(&file, l->cache, keys, clock_utc(), &records, error))
        log_event(LOG_LEVEL_WARNING, "snapshot-ignored", "%s", error);
    else if (records > 0)
        log_event(LOG_LEVEL_INFO, "snapshot", "%s: %zu records are remembered", l->snapshot,
                  records);
}

static bool remember(void *cache, const struct store_query *query, int64_t known)
{
    cache_remember(cache, query, known);
    return true;
}

static bool is_not_both(void *arg, const struct store_query *query, int64_t known)
{
    (void)arg;
    (void)known;
    return query->answer != STORE_FOUND || query->record.home != HOME_BOTH;
}

bool backend_knows_both(const struct backend *b)
{
    return atomic_load_explicit(&((const struct counted *)b)->knows_both, memory_order_relaxed);
}

void backend_saw_both(struct backend *b)
{
    if (!backend_knows_both(b))
        atomic_store(&((struct counted *)b)->knows_both, true);
}

static bool same_state(const struct backend_live *a, const struct backend *b)
{
    return b && b->live && b->live->cache && strcmp(a->origin, b->live->origin) == 0;
}

struct backend *backend_new(const struct config *config, const struct keyring *keys,
                            const struct backend *before)
{
    struct backend *b = counted_new();
    if (!b)
        return NULL;
    if (!backend_live_open(b, config, &keys->key[0])) {
        backend_unref(b);
        return NULL;
    }
    struct backend_live *l = b->live;
    if (l->cache && same_state(l, before))
        cache_walk(before->live->cache, remember, l->cache);
    else if (l->cache && l->snapshot)
        read_snapshot(l, keys);
    if ((before && backend_knows_both(before)) ||
        (l->cache && !cache_walk(l->cache, is_not_both, NULL)))
        backend_saw_both(b);
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

struct store *backend_peek(const struct backend *b, struct cache_peek *peek, bool stale)
{
    if (!b->live)
        return b->store;
    cache_peek_init(peek, b->live->cache, stale);
    return &peek->store;
}

void backend_use_keys(struct backend *b, const struct keyring *keys)
{
    if (b->live && b->live->keeper)
        keeper_use_key(b->live->keeper, &keys->key[0]);
}

void backend_retire(struct backend *b)
{
    if (!b->live)
        return;
    keeper_stop(b->live->keeper);
    b->live->keeper = NULL;
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
