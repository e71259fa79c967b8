#include "tests/support/unit.h"

#include <string.h>

#include "state/cache_peek.h"
#include "tests/unit/state/cache_scene.h"

#define AGE 10
#define STALE_MAX 100

/* `HOME`, `HOME stale` or `missed`. */
static const char *peek_at(struct store *cache, bool stale, const char *user)
{
    struct cache_peek peek;
    struct store_query q = { .kind = RECORD_USER, .name = span_of(user) };
    cache_peek_init(&peek, cache, stale);
    ck_assert(!peek.missed);
    store_fetch(&peek.store, &q, 1);
    ck_assert(peek.missed == (q.answer == STORE_UNAVAILABLE));
    if (peek.missed)
        ck_assert_str_eq(q.why, "not remembered");
    store_close(&peek.store);
    if (q.answer == STORE_ABSENT)
        return "absent";
    if (q.answer != STORE_FOUND)
        return peek.missed ? "missed" : "?";
    ck_assert_int_eq(q.record.home, HOME_SECONDARY);
    return q.stale ? "stale" : "fresh";
}

static void expect(struct scene *s, const char *user, const char *usual, const char *stale)
{
    unsigned calls = s->calls;
    ck_assert_str_eq(peek_at(s->cache, false, user), usual);
    ck_assert_str_eq(peek_at(s->cache, true, user), stale);
    ck_assert_uint_eq(s->calls, calls);
}

static void open_with_one(struct scene *s)
{
    struct store_query q;
    scene_open(s, CACHE_SHARDS * 8, AGE, STALE_MAX);
    scene_set(s, "a", "secondary");
    cache_set_state(s->cache, CACHE_FRESH);
    ck_assert(scene_ask(s, "a", &q));
    ck_assert(scene_ask(s, "none", &q));
}

START_TEST(test_only_what_is_remembered)
{
    struct scene s;
    open_with_one(&s);
    scene_set(&s, "b", "secondary");
    expect(&s, "a", "fresh", "fresh");
    expect(&s, "none", "absent", "absent");
    expect(&s, "b", "missed", "missed");
    scene_close(&s);
}
END_TEST

START_TEST(test_stale_where_it_is_wanted_or_the_state_is_away)
{
    struct scene s;
    open_with_one(&s);
    cache_set_state(s.cache, CACHE_SUSPECT);
    expect(&s, "a", "missed", "stale");
    cache_set_state(s.cache, CACHE_DOWN);
    expect(&s, "a", "stale", "stale");
    cache_set_state(s.cache, CACHE_FRESH);
    expect(&s, "a", "missed", "stale");
    scene_now += STALE_MAX + 1;
    expect(&s, "a", "missed", "missed");
    scene_close(&s);
}
END_TEST

START_TEST(test_what_is_too_old_or_changed_is_missed)
{
    struct scene s;
    open_with_one(&s);
    scene_now += AGE;
    expect(&s, "a", "missed", "stale");
    cache_invalidate(s.cache, RECORD_USER, SPAN_LIT("a"));
    expect(&s, "a", "missed", "missed");
    scene_close(&s);
}
END_TEST

START_TEST(test_without_a_cache_all_is_missed)
{
    ck_assert_str_eq(peek_at(NULL, false, "a"), "missed");
    ck_assert_str_eq(peek_at(NULL, true, "a"), "missed");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("cache peek");
    TCase *tc = tcase_create("cache peek");
    tcase_add_test(tc, test_only_what_is_remembered);
    tcase_add_test(tc, test_stale_where_it_is_wanted_or_the_state_is_away);
    tcase_add_test(tc, test_what_is_too_old_or_changed_is_missed);
    tcase_add_test(tc, test_without_a_cache_all_is_missed);
    suite_add_tcase(suite, tc);
    return suite;
}
