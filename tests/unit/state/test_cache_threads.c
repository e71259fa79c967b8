#include "tests/support/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "state/cache_store.h"

/* All at once: look-ups, changes, outages, walks and evictions. */

#define KEYS 8
#define KEY_SIZE 16
#define READERS 4
#define ROUNDS 400
#define ROUNDS_WATCHED 60
#define FLIPS 20
#define ENTRIES_MAX (2 * CACHE_SHARDS)

/* Versions of the records, each the one number in it. The lower bounds hold for a look-up that
 * begins after they were read: one of what may be served at all, one of what as fresh. */
struct world {
    struct store below; /* first */
    struct store *cache;
    atomic_uint version[KEYS];
    atomic_uint told[KEYS];
    atomic_uint reported[KEYS];
    atomic_bool away;
    atomic_bool over;
    atomic_uint stale, fresh, strangers, walked; /* answers */
    atomic_uint faults;
    _Atomic(const char *) fault;
};

static void wrong(struct world *w, const char *fault)
{
    atomic_fetch_add(&w->faults, 1);
    atomic_store(&w->fault, fault);
}

static void key_name(unsigned k, char name[KEY_SIZE])
{
    snprintf(name, KEY_SIZE, "u%u@b", k);
}

/* KEYS: not one of them. */
static unsigned key_number(struct span name)
{
    unsigned k = name.n == 4 && name.p[0] == 'u' ? (unsigned)(name.p[1] - '0') : KEYS;
    return k < KEYS ? k : KEYS;
}

static void world_fetch(struct store *s, struct store_query *query, size_t n)
{
    struct world *w = (struct world *)s;
    for (size_t i = 0; i < n; i++) {
        unsigned k = key_number(query[i].name);
        query[i].answer = k == KEYS ? STORE_ABSENT : STORE_FOUND;
        if (atomic_load(&w->away))
            query[i].answer = STORE_UNAVAILABLE;
        else if (k < KEYS)
            snprintf(query[i].record.group, RECORD_GROUP_MAX, "%u", atomic_load(&w->version[k]));
    }
    sched_yield();
}

static void world_close(struct store *s)
{
    (void)s;
}

static void flip(struct world *w, unsigned k, bool heard)
{
    unsigned version = atomic_fetch_add(&w->version[k], 1) + 1;
    char name[KEY_SIZE];
    if (!heard)
        return;
    key_name(k, name);
    cache_invalidate(w->cache, RECORD_USER, span_of(name));
    atomic_store(&w->told[k], version);
}

static void hear(struct world *w)
{
    atomic_store(&w->away, false);
    cache_set_state(w->cache, CACHE_FRESH);
    for (unsigned k = 0; k < KEYS; k++)
        atomic_store(&w->reported[k], atomic_load(&w->version[k]));
}

static void lose(struct world *w, bool down)
{
    cache_set_state(w->cache, down ? CACHE_DOWN : CACHE_SUSPECT);
    atomic_store(&w->away, down);
    sched_yield();
}

static void tell_all(struct world *w)
{
    cache_invalidate_all(w->cache);
    for (unsigned k = 0; k < KEYS; k++)
        atomic_store(&w->told[k], atomic_load(&w->version[k]));
}

/* Each has had its turn, whatever the machine is busy with. */
static bool is_enough(struct world *w, unsigned round)
{
    unsigned rounds = unit_is_watched() ? ROUNDS_WATCHED : ROUNDS;
    return round >= rounds && atomic_load(&w->stale) >= rounds &&
           atomic_load(&w->fresh) >= rounds && atomic_load(&w->walked) >= rounds &&
           atomic_load(&w->strangers) >= 4 * ENTRIES_MAX;
}

/* The one thread that changes things. */
static void *tracker(void *arg)
{
    struct world *w = arg;
    for (unsigned round = 0; !is_enough(w, round); round++) {
        hear(w);
        for (unsigned i = 0; i < FLIPS; i++) {
            flip(w, i % KEYS, true);
            sched_yield();
        }
        if (round % 10 == 0)
            tell_all(w);
        lose(w, round % 2);
        for (unsigned i = 0; i < FLIPS; i++)
            flip(w, i % KEYS, false);
        sched_yield();
    }
    atomic_store(&w->over, true);
    return NULL;
}

static void check(struct world *w, const struct store_query *q, unsigned told, unsigned reported)
{
    unsigned got = (unsigned)strtoul(q->record.group, NULL, 10);
    if (q->answer == STORE_UNAVAILABLE)
        return;
    if (q->answer != STORE_FOUND)
        wrong(w, "neither found nor unavailable");
    else if (got < told)
        wrong(w, "had been invalidated");
    else if (!q->stale && got < reported)
        wrong(w, "fresh, and older than when changes were last reported");
    atomic_fetch_add(q->stale ? &w->stale : &w->fresh, 1);
}

static void *reader(void *arg)
{
    struct world *w = arg;
    for (unsigned i = 0; !atomic_load(&w->over); i++) {
        struct store_query q[3];
        char name[3][KEY_SIZE];
        unsigned told[3], reported[3];
        for (unsigned k = 0; k < 3; k++) {
            key_name((i + k) % KEYS, name[k]);
            q[k] = (struct store_query){ .kind = RECORD_USER, .name = span_of(name[k]) };
            told[k] = atomic_load(&w->told[(i + k) % KEYS]);
            reported[k] = atomic_load(&w->reported[(i + k) % KEYS]);
        }
        store_fetch(w->cache, q, 3);
        for (unsigned k = 0; k < 3; k++)
            check(w, &q[k], told[k], reported[k]);
    }
    return NULL;
}

static void *stranger(void *arg)
{
    struct world *w = arg;
    for (unsigned i = 0; !atomic_load(&w->over); i++) {
        char name[24];
        snprintf(name, sizeof(name), "stranger%u", i);
        struct store_query q = { .kind = RECORD_USER, .name = span_of(name) };
        store_fetch(w->cache, &q, 1);
        if (q.answer == STORE_FOUND)
            wrong(w, "a stranger was found");
        atomic_fetch_add(&w->strangers, 1);
    }
    return NULL;
}

static void *rememberer(void *arg)
{
    struct world *w = arg;
    for (unsigned i = 0; !atomic_load(&w->over); i++) {
        char name[24];
        snprintf(name, sizeof(name), "old%u", i % 100);
        struct store_query q = { .kind = RECORD_GROUP,
                                 .name = span_of(name),
                                 .answer = STORE_ABSENT };
        cache_remember(w->cache, &q, 1);
        cache_invalidate(w->cache, RECORD_GROUP, span_of(name));
    }
    return NULL;
}

struct walk {
    struct world *world;
    unsigned told[KEYS];
};

static bool see(void *arg, const struct store_query *q, int64_t known)
{
    struct walk *walk = arg;
    unsigned k = q->kind == RECORD_USER ? key_number(q->name) : KEYS;
    if (known <= 0)
        wrong(walk->world, "known since never");
    if (k < KEYS && (unsigned)strtoul(q->record.group, NULL, 10) < walk->told[k])
        wrong(walk->world, "walked by, and had been invalidated");
    if (k < KEYS)
        atomic_fetch_add(&walk->world->walked, 1);
    return true;
}

static void *walker(void *arg)
{
    struct walk walk = { .world = arg };
    while (!atomic_load(&walk.world->over)) {
        for (unsigned k = 0; k < KEYS; k++)
            walk.told[k] = atomic_load(&walk.world->told[k]);
        if (!cache_walk(walk.world->cache, see, &walk))
            wrong(walk.world, "the walk was cut off");
    }
    return NULL;
}

static void *counter(void *arg)
{
    struct world *w = arg;
    struct cache_counts last = { 0 }, counts;
    for (; !atomic_load(&w->over); last = counts) {
        cache_count(w->cache, &counts);
        if (counts.entries > ENTRIES_MAX)
            wrong(w, "too many entries");
        if (counts.hits < last.hits || counts.fills < last.fills || counts.stale < last.stale)
            wrong(w, "counted backwards");
        sched_yield();
    }
    return NULL;
}

static void run_threads(struct world *w)
{
    static void *(*const body[])(void *) = { tracker, stranger, rememberer, walker, counter };
    pthread_t thread[COUNT_OF(body) + READERS];
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, i < COUNT_OF(body) ? body[i] : reader, w),
                         0);
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        pthread_join(thread[i], NULL);
}

START_TEST(all_at_once_and_no_answer_is_wrong)
{
    static const struct store_ops ops = { .fetch = world_fetch, .close = world_close };
    const struct cache_config config = { .entries_max = ENTRIES_MAX, .stale_max_s = 1000000 };
    struct world w = { .below = { &ops } };
    struct cache_counts counts;
    for (unsigned k = 0; k < KEYS; k++)
        atomic_store(&w.version[k], 1);
    w.cache = cache_store_new(&w.below, &config);
    ck_assert_ptr_nonnull(w.cache);
    run_threads(&w);
    cache_count(w.cache, &counts);
    ck_assert_msg(atomic_load(&w.faults) == 0, "%u times: %s", atomic_load(&w.faults),
                  atomic_load(&w.fault));
    ck_assert_uint_gt(counts.evicted, 0);
    store_close(w.cache);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("cache_threads");
    TCase *tc = tcase_create("cache_threads");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, all_at_once_and_no_answer_is_wrong);
    suite_add_tcase(suite, tc);
    return suite;
}
