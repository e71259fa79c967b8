#include "tests/support/owned_store.h"

#include <check.h>
#include <stdlib.h>

struct owned {
    struct store store;
    struct redis_target *target;
    struct redis_client *client;
    struct store *redis;
};

static void owned_fetch(struct store *store, struct store_query *query, size_t n)
{
    store_fetch(((struct owned *)store)->redis, query, n);
}

static void owned_close(struct store *store)
{
    struct owned *o = (struct owned *)store;
    store_close(o->redis);
    redis_client_free(o->client);
    redis_target_free(o->target);
    free(o);
}

static const struct store_ops ops = { .fetch = owned_fetch, .close = owned_close };

struct store *owned_store_new(const struct redis_config *config)
{
    struct owned *o = calloc(1, sizeof(*o));
    ck_assert_ptr_nonnull(o);
    o->store.ops = &ops;
    o->target = redis_target_new(config);
    ck_assert_ptr_nonnull(o->target);
    o->client = redis_client_new(o->target);
    ck_assert_ptr_nonnull(o->client);
    o->redis = redis_store_new(o->client);
    ck_assert_ptr_nonnull(o->redis);
    return &o->store;
}

struct redis_target *owned_store_target(struct store *store)
{
    return ((struct owned *)store)->target;
}

struct redis_client *owned_store_client(struct store *store)
{
    return ((struct owned *)store)->client;
}
