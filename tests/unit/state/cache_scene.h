#ifndef COEXIST_TESTS_CACHE_SCENE_H
#define COEXIST_TESTS_CACHE_SCENE_H

#include "state/cache_store.h"
#include "state/memory_store.h"

/* A cache over a memory store that counts what it is asked, and can be away; and a clock. */

#define SCENE_BEGIN 1000000

struct below {
    struct store store;
    struct scene *scene;
};

struct scene {
    struct store *cache;
    struct below below;
    struct store *records; /* to write into */
    bool away;
    unsigned calls, queries, closed;
    void (*meanwhile)(struct scene *s); /* called, once, after the records were read */
};

static int64_t scene_now;

static int64_t scene_utc(void)
{
    return scene_now;
}

static void below_fetch(struct store *store, struct store_query *query, size_t n)
{
    struct scene *s = ((struct below *)store)->scene;
    s->calls++;
    s->queries += (unsigned)n;
    store_fetch(s->records, query, n);
    for (size_t i = 0; s->away && i < n; i++)
        query[i].answer = STORE_UNAVAILABLE;
    void (*meanwhile)(struct scene *) = s->meanwhile;
    s->meanwhile = NULL;
    if (meanwhile)
        meanwhile(s);
}

static void below_close(struct store *store)
{
    ((struct below *)store)->scene->closed++;
}

static const struct store_ops below_ops = { .fetch = below_fetch, .close = below_close };

static void scene_open(struct scene *s, size_t entries_max, unsigned max_age_s,
                       unsigned stale_max_s)
{
    const struct cache_config config = { .entries_max = entries_max,
                                         .max_age_s = max_age_s,
                                         .stale_max_s = stale_max_s,
                                         .utc = scene_utc };
    scene_now = SCENE_BEGIN;
    *s = (struct scene){ .below = { .store = { &below_ops }, .scene = s } };
    s->records = memory_store_new();
    ck_assert_ptr_nonnull(s->records);
    s->cache = cache_store_new(&s->below.store, &config);
    ck_assert_ptr_nonnull(s->cache);
}

static void scene_close(struct scene *s)
{
    store_close(s->cache);
    ck_assert_uint_eq(s->closed, 1);
    store_close(s->records);
}

static void scene_set(struct scene *s, const char *user, const char *home)
{
    ck_assert(memory_store_set(s->records, RECORD_USER, user, "home", home));
}

/* Of a user; the answer stands in *q, which must not have been used but by this. True: the store
 * below was asked. */
static bool scene_ask(struct scene *s, const char *user, struct store_query *q)
{
    unsigned calls = s->calls;
    *q = (struct store_query){ .kind = RECORD_USER, .name = span_of(user) };
    store_fetch(s->cache, q, 1);
    return s->calls > calls;
}

#endif
