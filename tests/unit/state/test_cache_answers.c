#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/state/cache_scene.h"

/* What the cache keeps of an answer. */

#define MANY 40
#define NAME_SIZE 32

static void fill_text(char *to, size_t n, char c)
{
    memset(to, c, n);
    to[n] = '\0';
}

/* All fields of records, at their longest, none, and each alone. */
static size_t make_answers(struct store_query *q, char name[][RECORD_KEY_MAX + 1])
{
    for (size_t i = 0; i < 16; i++) {
        snprintf(name[i], RECORD_KEY_MAX, "u%zu@b", i);
        q[i] = (struct store_query){ .kind = RECORD_USER,
                                     .name = span_of(name[i]),
                                     .answer = STORE_FOUND,
                                     .record = { .kind = RECORD_USER } };
        struct record *r = &q[i].record;
        r->home = (enum home)(i % 5);
        r->calendar = (enum home)(i % 3);
        if (i & 1)
            fill_text(r->route, i > 7 ? RECORD_VALUE_MAX : 1, 'r');
        if (i & 2)
            fill_text(r->alias, i > 7 ? RECORD_VALUE_MAX : 1, 'a');
        if (i & 4)
            fill_text(r->group, i > 7 ? RECORD_GROUP_MAX : 1, 'g');
    }
    fill_text(name[14], RECORD_KEY_MAX, 'n');
    q[14].name = (struct span){ name[14], RECORD_KEY_MAX };
    memcpy(name[15], "u\0v", 3);
    q[15].name = (struct span){ name[15], 3 };
    static const struct store_query more[] = {
        { .kind = RECORD_DOMAIN,
          .name = SPAN_LIT("b"),
          .answer = STORE_FOUND,
          .record = { RECORD_DOMAIN, HOME_MOVING, MODE_OBSERVE, HOME_UNSET, "", "", "" } },
        { .kind = RECORD_GROUP,
          .name = SPAN_LIT("b"),
          .answer = STORE_FOUND,
          .record = { RECORD_GROUP, HOME_BOTH, MODE_UNSET, HOME_UNSET, "", "", "" } },
        { .kind = RECORD_USER,
          .name = SPAN_LIT("b"),
          .answer = STORE_BAD,
          .why = "home is 'x', not one of primary, secondary, both, moving" },
        { .kind = RECORD_USER, .name = SPAN_LIT("bad"), .answer = STORE_BAD, .why = "" },
        { .kind = RECORD_USER, .name = SPAN_LIT(""), .answer = STORE_ABSENT },
    };
    memcpy(q + 16, more, sizeof(more));
    fill_text(q[19].why, RECORD_FAULT_MAX - 1, 'w');
    return 16 + COUNT_OF(more);
}

static void assert_same(const struct store_query *got, const struct store_query *want)
{
    ck_assert_int_eq(got->answer, want->answer);
    ck_assert_str_eq(got->why, want->why);
    if (want->answer != STORE_FOUND)
        return;
    ck_assert_int_eq(got->record.kind, want->kind);
    ck_assert_int_eq(got->record.home, want->record.home);
    ck_assert_int_eq(got->record.mode, want->record.mode);
    ck_assert_int_eq(got->record.calendar, want->record.calendar);
    ck_assert_str_eq(got->record.route, want->record.route);
    ck_assert_str_eq(got->record.alias, want->record.alias);
    ck_assert_str_eq(got->record.group, want->record.group);
}

static void assert_served(struct store *cache, const struct store_query *want, size_t n)
{
    struct store_query q[MANY];
    for (size_t i = 0; i < n; i++) {
        memset(&q[i], 0x5a, sizeof(q[i]));
        q[i].kind = want[i].kind;
        q[i].name = unit_exact(want[i].name);
    }
    store_fetch(cache, q, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert(q[i].stale);
        assert_same(&q[i], &want[i]);
        free((void *)q[i].name.p);
    }
}

struct walked {
    struct scene *to;
    const struct store_query *want;
    size_t wanted;
    unsigned visits;
};

static bool take_over(void *arg, const struct store_query *query, int64_t known)
{
    struct walked *w = arg;
    for (size_t i = 0; i < w->wanted; i++) {
        if (query->kind == w->want[i].kind && span_eq(query->name, w->want[i].name)) {
            assert_same(query, &w->want[i]);
            ck_assert_int_eq(known, SCENE_BEGIN - 5);
        }
    }
    w->visits++;
    return cache_remember(w->to->cache, query, known);
}

START_TEST(all_of_an_answer_is_remembered_and_told)
{
    static char name[16][RECORD_KEY_MAX + 1];
    struct store_query want[MANY];
    size_t n = make_answers(want, name);
    struct scene first, second;
    scene_open(&first, 10000, 0, 100);
    scene_open(&second, 10000, 0, 100);
    for (size_t i = 0; i < n; i++) {
        struct store_query q = want[i];
        q.name = unit_exact(want[i].name);
        ck_assert(cache_remember(first.cache, &q, SCENE_BEGIN - 5));
        free((void *)q.name.p);
    }
    first.away = second.away = true;
    assert_served(first.cache, want, n);
    struct walked w = { &second, want, n, 0 };
    ck_assert(cache_walk(first.cache, take_over, &w));
    ck_assert_uint_eq(w.visits, n);
    assert_served(second.cache, want, n);
    scene_close(&first);
    scene_close(&second);
}
END_TEST

/* known of the one entry there is; -1: there is none. */
static bool see_known(void *arg, const struct store_query *query, int64_t known)
{
    (void)query;
    *(int64_t *)arg = known;
    return true;
}

static int64_t walk_known(struct scene *s)
{
    int64_t known = -1;
    ck_assert(cache_walk(s->cache, see_known, &known));
    return known;
}

START_TEST(a_walk_tells_what_may_still_be_served)
{
    struct store_query q;
    struct scene s;
    scene_open(&s, 10000, 50, 100);
    cache_set_state(s.cache, CACHE_FRESH);
    ck_assert_int_eq(walk_known(&s), -1);
    scene_ask(&s, "a", &q);
    scene_now += 20;
    ck_assert_int_eq(walk_known(&s), SCENE_BEGIN + 20);
    cache_set_state(s.cache, CACHE_SUSPECT);
    scene_now += 20;
    ck_assert_int_eq(walk_known(&s), SCENE_BEGIN + 20);
    scene_now += 80;
    ck_assert_int_eq(walk_known(&s), SCENE_BEGIN + 20);
    scene_now += 1;
    ck_assert_int_eq(walk_known(&s), -1);
    scene_close(&s);
}
END_TEST

/* What is fresh may be served, also where nothing is ever served as stale. */
START_TEST(a_walk_tells_what_is_fresh)
{
    struct store_query q;
    struct scene s;
    scene_open(&s, 10000, 50, 0);
    cache_set_state(s.cache, CACHE_FRESH);
    scene_ask(&s, "a", &q);
    scene_now += 49;
    ck_assert_int_eq(walk_known(&s), SCENE_BEGIN + 49);
    scene_now += 1;
    ck_assert_int_eq(walk_known(&s), -1);
    scene_close(&s);
}
END_TEST

static struct scene *visited;

/* No lock is held: this would wait for ever for any. */
static bool stop_at_third(void *arg, const struct store_query *query, int64_t known)
{
    struct store_query q = { .kind = query->kind, .name = query->name };
    (void)known;
    cache_invalidate_all(visited->cache);
    store_fetch(visited->cache, &q, 1);
    return ++*(unsigned *)arg < 3;
}

START_TEST(a_walk_can_be_ended_and_holds_no_lock)
{
    struct store_query q;
    struct scene s;
    unsigned visits = 0;
    char name[NAME_SIZE];
    scene_open(&s, 10000, 0, 100);
    visited = &s;
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "u%d", i);
        scene_ask(&s, name, &q);
    }
    ck_assert(!cache_walk(s.cache, stop_at_third, &visits));
    ck_assert_uint_eq(visits, 3);
    scene_close(&s);
}
END_TEST

static const struct refused_case {
    const char *what;
    enum store_answer answer;
    size_t length;
    bool taken;
} refused_cases[] = {
    { "found, the longest key", STORE_FOUND, RECORD_KEY_MAX, true },
    { "found, longer", STORE_FOUND, RECORD_KEY_MAX + 1, false },
    { "bad, the longest key", STORE_BAD, RECORD_KEY_MAX, true },
    { "bad, longer", STORE_BAD, RECORD_KEY_MAX + 1, false },
    { "absent, as long as an address", STORE_ABSENT, 320, true },
    { "absent, longer than any", STORE_ABSENT, 321, false },
    { "unavailable", STORE_UNAVAILABLE, 3, false },
};

START_TEST(not_everything_is_remembered)
{
    static char name[RECORD_KEY_MAX + 2];
    const struct refused_case *c = &refused_cases[_i];
    struct cache_counts counts;
    struct scene s;
    fill_text(name, RECORD_KEY_MAX + 1, 'n');
    struct store_query q = { .kind = RECORD_USER, .name = { name, c->length }, c->answer };
    scene_open(&s, 10000, 0, 100);
    ck_assert_msg(cache_remember(s.cache, &q, SCENE_BEGIN) == c->taken, "%s", c->what);
    cache_count(s.cache, &counts);
    ck_assert_uint_eq(counts.entries, c->taken);
    scene_close(&s);
}
END_TEST

/* The kind is part of the name; each is told alone. */
START_TEST(kinds_are_apart)
{
    struct scene s;
    scene_open(&s, 10000, 0, 100);
    cache_set_state(s.cache, CACHE_FRESH);
    ck_assert(memory_store_set(s.records, RECORD_USER, "x", "home", "both"));
    ck_assert(memory_store_set(s.records, RECORD_GROUP, "x", "home", "moving"));
    struct store_query q[] = { { .kind = RECORD_USER, .name = SPAN_LIT("x") },
                               { .kind = RECORD_GROUP, .name = SPAN_LIT("x") },
                               { .kind = RECORD_DOMAIN, .name = SPAN_LIT("x") } };
    store_fetch(s.cache, q, COUNT_OF(q));
    store_fetch(s.cache, q, COUNT_OF(q));
    ck_assert_uint_eq(s.queries, 3);
    ck_assert_int_eq(q[0].record.home, HOME_BOTH);
    ck_assert_int_eq(q[1].record.home, HOME_MOVING);
    ck_assert_int_eq(q[2].answer, STORE_ABSENT);
    cache_invalidate(s.cache, RECORD_GROUP, SPAN_LIT("x"));
    store_fetch(s.cache, q, COUNT_OF(q));
    ck_assert_uint_eq(s.queries, 4);
    scene_close(&s);
}
END_TEST

/* Every third is remembered: the others are asked for in one call, and each gets its own answer. */
START_TEST(some_are_known_and_some_are_not)
{
    static const size_t sizes[] = { 1, 2, 7, 8, 9, 12, 13, MANY };
    static const char *const homes[] = { "primary", "secondary", "both", "moving" };
    const size_t n = sizes[_i];
    struct store_query q[MANY];
    char name[MANY][NAME_SIZE];
    struct scene s;
    scene_open(&s, 10000, 0, 100);
    cache_set_state(s.cache, CACHE_FRESH);
    for (size_t i = 0; i < n; i++) {
        snprintf(name[i], NAME_SIZE, "u%zu@b", i);
        scene_set(&s, name[i], homes[i % 4]);
        if (i % 3 == 0)
            scene_ask(&s, name[i], &q[0]);
    }
    for (size_t i = 0; i < n; i++)
        q[i] = (struct store_query){ .kind = RECORD_USER, .name = span_of(name[i]) };
    s.calls = s.queries = 0;
    store_fetch(s.cache, q, n);
    ck_assert_uint_eq(s.calls, n > 1);
    ck_assert_uint_eq(s.queries, n - (n + 2) / 3);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(home_name(q[i].record.home), homes[i % 4]);
    scene_close(&s);
}
END_TEST

START_TEST(one_name_twice_is_one_entry)
{
    struct cache_counts counts;
    struct scene s;
    scene_open(&s, 10000, 0, 100);
    cache_set_state(s.cache, CACHE_FRESH);
    struct store_query q[] = { { .kind = RECORD_USER, .name = SPAN_LIT("x") },
                               { .kind = RECORD_USER, .name = SPAN_LIT("x") } };
    store_fetch(s.cache, q, COUNT_OF(q));
    cache_count(s.cache, &counts);
    ck_assert_uint_eq(counts.entries, 1);
    scene_close(&s);
}
END_TEST

START_TEST(what_happens_is_counted)
{
    struct store_query q;
    struct cache_counts n;
    struct scene s;
    scene_open(&s, 10000, 0, 100);
    cache_count(s.cache, &n);
    ck_assert_int_eq(n.state, CACHE_SUSPECT);
    cache_set_state(s.cache, CACHE_FRESH);
    for (int i = 0; i < 4; i++)
        scene_ask(&s, "a", &q);
    cache_invalidate(s.cache, RECORD_USER, SPAN_LIT("a"));
    cache_invalidate(s.cache, RECORD_USER, SPAN_LIT("never seen"));
    cache_invalidate_all(s.cache);
    scene_ask(&s, "b", &q);
    cache_set_state(s.cache, CACHE_DOWN);
    scene_ask(&s, "b", &q);
    cache_count(s.cache, &n);
    ck_assert_int_eq(n.state, CACHE_DOWN);
    ck_assert_uint_eq(n.hits, 3);
    ck_assert_uint_eq(n.fills, 2);
    ck_assert_uint_eq(n.stale, 1);
    ck_assert_uint_eq(n.lost_fills, 0);
    ck_assert_uint_eq(n.invalidated, 2);
    ck_assert_uint_eq(n.evicted, 0);
    ck_assert_uint_eq(n.entries, 1);
    scene_close(&s);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("cache_answers");
    TCase *tc = tcase_create("cache_answers");
    tcase_add_test(tc, all_of_an_answer_is_remembered_and_told);
    tcase_add_test(tc, a_walk_tells_what_may_still_be_served);
    tcase_add_test(tc, a_walk_tells_what_is_fresh);
    tcase_add_test(tc, a_walk_can_be_ended_and_holds_no_lock);
    tcase_add_loop_test(tc, not_everything_is_remembered, 0, COUNT_OF(refused_cases));
    tcase_add_test(tc, kinds_are_apart);
    tcase_add_loop_test(tc, some_are_known_and_some_are_not, 0, 8);
    tcase_add_test(tc, one_name_twice_is_one_entry);
    tcase_add_test(tc, what_happens_is_counted);
    suite_add_tcase(suite, tc);
    return suite;
}
