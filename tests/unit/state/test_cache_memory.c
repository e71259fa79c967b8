#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/state/cache_scene.h"

/* What the cache costs: allocations, entries, octets. */

#define NAME_SIZE 32

/* The program is linked so that these stand before the C library's; not before realloc(), by which
 * the store below grows its texts. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_aligned_alloc(size_t unit, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_aligned_alloc(size_t unit, size_t n);

static unsigned allocations;
static unsigned allowed = UINT32_MAX;

static bool allow(void)
{
    return allocations++ < allowed;
}

void *__wrap_malloc(size_t n)
{
    return allow() ? __real_malloc(n) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return allow() ? __real_calloc(n, size) : NULL;
}

void *__wrap_aligned_alloc(size_t unit, size_t n)
{
    return allow() ? __real_aligned_alloc(unit, n) : NULL;
}

/* From now on so many allocations succeed. */
static void allow_allocations(unsigned n)
{
    allocations = 0;
    allowed = n;
}

/* A hit allocates nothing and asks nobody; not even for eight at once, of all kinds of answer. */
START_TEST(a_hit_costs_neither_memory_nor_a_round_trip)
{
    static const char *const user[] = { "a@b", "b@b", "c@b", "d@b", "e@b", "f@b", "g@b", "h@b" };
    struct store_query q[COUNT_OF(user)];
    struct cache_counts counts;
    struct scene s;
    scene_open(&s, 10000, 60, 100);
    cache_set_state(s.cache, CACHE_FRESH);
    scene_set(&s, "a@b", "both");
    scene_set(&s, "b@b", "nowhere");
    for (size_t i = 0; i < COUNT_OF(user); i++)
        q[i] = (struct store_query){ .kind = RECORD_USER, .name = span_of(user[i]) };
    allow_allocations(UINT32_MAX);
    store_fetch(s.cache, q, COUNT_OF(q));
    ck_assert_uint_eq(s.calls, 1);
    ck_assert_uint_gt(allocations, 0);
    allow_allocations(0);
    store_fetch(s.cache, q, COUNT_OF(q));
    cache_set_state(s.cache, CACHE_DOWN);
    store_fetch(s.cache, q, COUNT_OF(q));
    unsigned seen = allocations;
    allow_allocations(UINT32_MAX);
    ck_assert_uint_eq(seen, 0);
    ck_assert_uint_eq(s.calls, 1);
    ck_assert(q[7].stale);
    cache_count(s.cache, &counts);
    ck_assert_uint_eq(counts.hits, 8);
    ck_assert_uint_eq(counts.stale, 8);
    ck_assert_uint_eq(counts.fills, 8);
    scene_close(&s);
}
END_TEST

/* Wherever memory ends, an answer is right, or says that it could not be had. */
START_TEST(without_memory_nothing_wrong_is_said)
{
    struct store_query q[12];
    char name[COUNT_OF(q)][NAME_SIZE];
    struct scene s;
    scene_open(&s, 10000, 60, 100);
    cache_set_state(s.cache, CACHE_FRESH);
    for (size_t i = 0; i < COUNT_OF(q); i++) {
        snprintf(name[i], NAME_SIZE, "u%zu@b", i);
        scene_set(&s, name[i], i % 2 ? "both" : "primary");
        q[i] = (struct store_query){ .kind = RECORD_USER, .name = span_of(name[i]) };
    }
    unsigned good = 0, bad = 0;
    for (unsigned n = 0; n < 80; n++) {
        cache_invalidate_all(s.cache);
        store_fetch(s.cache, q, 2);
        allow_allocations(n);
        store_fetch(s.cache, q, COUNT_OF(q));
        allow_allocations(UINT32_MAX);
        for (size_t i = 0; i < COUNT_OF(q); i++) {
            good += q[i].answer == STORE_FOUND;
            bad += q[i].answer != STORE_FOUND;
            if (q[i].answer == STORE_FOUND)
                ck_assert_int_eq(q[i].record.home, i % 2 ? HOME_BOTH : HOME_PRIMARY);
            else
                ck_assert_str_eq(q[i].why, "out of memory");
        }
    }
    ck_assert_uint_gt(good, 0);
    ck_assert_uint_gt(bad, 0);
    scene_close(&s);
}
END_TEST

/* What could not be remembered takes with it what it would have replaced. */
START_TEST(without_memory_nothing_old_stays)
{
    struct store_query q;
    struct scene s;
    struct cache_counts counts;
    scene_open(&s, 10000, 0, 100);
    scene_set(&s, "a", "both");
    scene_ask(&s, "a", &q);
    memory_store_unset(s.records, RECORD_USER, "a", NULL);
    allow_allocations(0);
    scene_ask(&s, "a", &q);
    allow_allocations(UINT32_MAX);
    ck_assert_int_eq(q.answer, STORE_ABSENT);
    cache_count(s.cache, &counts);
    ck_assert_uint_eq(counts.entries, 0);
    scene_close(&s);
}
END_TEST

START_TEST(a_cache_that_cannot_be_made_closes_what_is_below)
{
    const struct cache_config config = { .entries_max = 100 };
    struct scene s = { .below = { .store = { &below_ops } } };
    s.below.scene = &s;
    allow_allocations(0);
    struct store *cache = cache_store_new(&s.below.store, &config);
    allow_allocations(UINT32_MAX);
    ck_assert_ptr_null(cache);
    ck_assert_uint_eq(s.closed, 1);
}
END_TEST

static bool count_visit(void *arg, const struct store_query *query, int64_t known)
{
    (void)query;
    (void)known;
    ++*(unsigned *)arg;
    return true;
}

START_TEST(a_walk_without_memory_says_so)
{
    struct store_query q;
    struct scene s;
    unsigned visits = 0;
    scene_open(&s, 10000, 0, 100);
    scene_ask(&s, "a", &q);
    allow_allocations(0);
    bool whole = cache_walk(s.cache, count_visit, &visits);
    allow_allocations(UINT32_MAX);
    ck_assert(!whole);
    ck_assert_uint_eq(visits, 0);
    ck_assert(cache_walk(s.cache, count_visit, &visits));
    ck_assert_uint_eq(visits, 1);
    scene_close(&s);
}
END_TEST

/* Asks for strangers, of whom there is no record, from number `from` on. */
static void ask_strangers(struct scene *s, unsigned from, unsigned n)
{
    struct store_query q;
    char name[NAME_SIZE];
    for (unsigned i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "stranger%u@b", from + i);
        scene_ask(s, name, &q);
    }
}

static const struct bound_case {
    size_t entries_max;
    unsigned asked;
} bound_cases[] = { { CACHE_SHARDS, 40 * CACHE_SHARDS }, { 1000, 10000 }, { 1023, 10230 } };

START_TEST(entries_are_bounded)
{
    const struct bound_case *c = &bound_cases[_i];
    struct cache_counts counts = { 0 };
    struct scene s;
    scene_open(&s, c->entries_max, 0, 100);
    cache_set_state(s.cache, CACHE_FRESH);
    for (unsigned i = 0; i < c->asked; i += c->asked / 10) {
        ask_strangers(&s, i, c->asked / 10);
        cache_count(s.cache, &counts);
        ck_assert_uint_le(counts.entries, c->entries_max);
        ck_assert_uint_eq(counts.entries + counts.evicted, s.queries);
    }
    ck_assert_uint_eq(counts.entries, c->entries_max / CACHE_SHARDS * CACHE_SHARDS);
    unsigned visits = 0;
    ck_assert(cache_walk(s.cache, count_visit, &visits));
    ck_assert_uint_eq(visits, counts.entries);
    scene_close(&s);
}
END_TEST

START_TEST(a_full_cache_takes_nothing_remembered)
{
    struct cache_counts counts;
    struct scene s;
    char name[NAME_SIZE];
    unsigned taken = 0;
    scene_open(&s, 10 * CACHE_SHARDS, 0, 100);
    for (unsigned i = 0; i < 100 * CACHE_SHARDS; i++) {
        snprintf(name, sizeof(name), "u%u", i);
        struct store_query q = { .kind = RECORD_USER,
                                 .name = span_of(name),
                                 .answer = STORE_ABSENT };
        taken += cache_remember(s.cache, &q, SCENE_BEGIN);
    }
    cache_count(s.cache, &counts);
    ck_assert_uint_eq(taken, 10 * CACHE_SHARDS);
    ck_assert_uint_eq(counts.entries, taken);
    ck_assert_uint_eq(counts.evicted, 0);
    scene_close(&s);
}
END_TEST

#define USERS 64

static unsigned ask_users(struct scene *s)
{
    struct store_query q;
    char name[NAME_SIZE];
    unsigned asked = 0;
    for (int i = 0; i < USERS; i++) {
        snprintf(name, sizeof(name), "user%d@b", i);
        asked += scene_ask(s, name, &q);
    }
    return asked;
}

/* Users that are asked for now and then stay, however many strangers come by; those that are not
 * go. A shard has 64 places, and more than 32 of the users in one with a probability below 1e-30.
 */
START_TEST(what_is_used_gets_a_second_chance)
{
    struct scene s;
    scene_open(&s, 64 * CACHE_SHARDS, 0, 100);
    cache_set_state(s.cache, CACHE_FRESH);
    ck_assert_uint_eq(ask_users(&s), USERS);
    ck_assert_uint_eq(ask_users(&s), 0);
    ask_strangers(&s, 0, 64 * CACHE_SHARDS);
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert_uint_eq(ask_users(&s), 0);
        ask_strangers(&s, 100000 + i * CACHE_SHARDS, CACHE_SHARDS);
    }
    ask_strangers(&s, 1000000, 1000 * CACHE_SHARDS);
    ck_assert_uint_eq(ask_users(&s), USERS);
    scene_close(&s);
}
END_TEST

/* So do those that are served as stale while the state is down. */
START_TEST(what_is_used_while_down_stays_too)
{
    struct scene s;
    scene_open(&s, 64 * CACHE_SHARDS, 0, 100);
    ck_assert_uint_eq(ask_users(&s), USERS);
    cache_set_state(s.cache, CACHE_DOWN);
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert_uint_eq(ask_users(&s), 0);
        ask_strangers(&s, i * CACHE_SHARDS, CACHE_SHARDS);
    }
    scene_close(&s);
}
END_TEST

#define MANY_USERS 200000
#define OCTETS_MAX 140

static size_t resident(void)
{
    char text[64] = "";
    FILE *f = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
    fclose(f);
    const char *second = strchr(text, ' ');
    ck_assert_ptr_nonnull(second);
    return strtoul(second, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void answer_all(struct store *store, struct store_query *query, size_t n)
{
    (void)store;
    for (size_t i = 0; i < n; i++) {
        query[i].answer = STORE_FOUND;
        query[i].record.home = HOME_BOTH;
        strcpy(query[i].record.group, "wave-12");
    }
}

static void close_nothing(struct store *store)
{
    (void)store;
}

/* Each with a home and a group; twice as many come by as there is room for. */
START_TEST(a_user_takes_few_octets)
{
    static const struct store_ops ops = { .fetch = answer_all, .close = close_nothing };
    /* Where each allocation is watched, memory is no measure. */
    const unsigned users = unit_is_watched() ? MANY_USERS / 20 : MANY_USERS;
    const struct cache_config config = { .entries_max = users, .utc = scene_utc };
    struct store below = { &ops };
    struct cache_counts counts;
    char name[NAME_SIZE];
    struct store *cache = cache_store_new(&below, &config);
    size_t before = resident();
    for (unsigned i = 0; i < 2 * users; i++) {
        snprintf(name, sizeof(name), "user%06u@example.com", i);
        struct store_query q = { .kind = RECORD_USER, .name = span_of(name) };
        store_fetch(cache, &q, 1);
    }
    cache_count(cache, &counts);
    ck_assert_uint_eq(counts.entries, users / CACHE_SHARDS * CACHE_SHARDS);
    if (!unit_is_watched()) {
        size_t each = (resident() - before) / counts.entries;
        printf("cache: %zu octets for each of %zu users\n", each, counts.entries);
        ck_assert_uint_gt(each, 40);
        ck_assert_uint_le(each, OCTETS_MAX);
    }
    store_close(cache);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("cache_memory");
    TCase *tc = tcase_create("cache_memory");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_hit_costs_neither_memory_nor_a_round_trip);
    tcase_add_test(tc, without_memory_nothing_wrong_is_said);
    tcase_add_test(tc, without_memory_nothing_old_stays);
    tcase_add_test(tc, a_cache_that_cannot_be_made_closes_what_is_below);
    tcase_add_test(tc, a_walk_without_memory_says_so);
    tcase_add_loop_test(tc, entries_are_bounded, 0, COUNT_OF(bound_cases));
    tcase_add_test(tc, a_full_cache_takes_nothing_remembered);
    tcase_add_test(tc, what_is_used_gets_a_second_chance);
    tcase_add_test(tc, what_is_used_while_down_stays_too);
    tcase_add_test(tc, a_user_takes_few_octets);
    suite_add_tcase(suite, tc);
    return suite;
}
