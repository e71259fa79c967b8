#include "tests/support/unit.h"

#include <stdio.h>

#include "state/breaker_set.h"

#define NOW 1000000
#define FOO SPAN_LIT("foo@example.com")

static struct breaker_set set;

static void begin(void)
{
    breaker_set_init(&set);
}

static void end(void)
{
    breaker_set_free(&set);
}

static void add(struct span recipient, enum home home, int64_t until)
{
    struct breaker *b = breaker_new(recipient, home, until);
    ck_assert_ptr_nonnull(b);
    breaker_set_add(&set, b, NOW);
}

static bool has(struct span recipient, enum home home, int64_t now)
{
    struct span exact = unit_exact(recipient);
    bool found = breaker_set_has(&set, exact, home, now);
    free((void *)exact.p);
    return found;
}

START_TEST(a_breaker_is_of_one_recipient_and_home)
{
    begin();
    ck_assert(!has(FOO, HOME_PRIMARY, NOW));
    add(FOO, HOME_PRIMARY, NOW + 10);
    add(SPAN_LIT("x\0y"), HOME_BOTH, NOW + 10);
    add(SPAN_LIT(""), HOME_BOTH, NOW + 10);
    ck_assert(has(FOO, HOME_PRIMARY, NOW));
    ck_assert(!has(FOO, HOME_SECONDARY, NOW));
    ck_assert(!has(SPAN_LIT("foo@example.co"), HOME_PRIMARY, NOW));
    ck_assert(!has(SPAN_LIT("foo@example.com."), HOME_PRIMARY, NOW));
    ck_assert(has(SPAN_LIT("x\0y"), HOME_BOTH, NOW));
    ck_assert(!has(SPAN_LIT("x\0z"), HOME_BOTH, NOW));
    ck_assert(!has(SPAN_LIT("x"), HOME_BOTH, NOW));
    ck_assert(has(SPAN_LIT(""), HOME_BOTH, NOW));
    ck_assert_uint_eq(breaker_set_count(&set, NOW), 3);
    end();
}
END_TEST

START_TEST(it_is_over_at_its_second)
{
    begin();
    add(FOO, HOME_PRIMARY, NOW + 10);
    ck_assert(has(FOO, HOME_PRIMARY, NOW + 9));
    ck_assert(!has(FOO, HOME_PRIMARY, NOW + 10));
    ck_assert_uint_eq(breaker_set_count(&set, NOW + 9), 1);
    ck_assert_uint_eq(breaker_set_count(&set, NOW + 10), 0);
    add(FOO, HOME_PRIMARY, NOW + 20);
    ck_assert(has(FOO, HOME_PRIMARY, NOW + 10));
    ck_assert_uint_eq(breaker_set_count(&set, NOW), 1);
    end();
}
END_TEST

static const enum home homes[] = { HOME_PRIMARY, HOME_SECONDARY, HOME_BOTH };

/* Number i, in no order. */
static struct breaker *nth(unsigned i)
{
    char name[32];
    int n = snprintf(name, sizeof(name), "u%u", i * 7919 % 1000);
    return breaker_new((struct span){ name, (size_t)n }, homes[i % 3], NOW + 1 + i % 2);
}

static void assert_thousand(void)
{
    for (unsigned i = 0; i < 1000; i++) {
        struct breaker *b = nth(i);
        struct span recipient = { b->recipient, b->n };
        for (size_t h = 0; h < COUNT_OF(homes); h++)
            ck_assert_msg(has(recipient, homes[h], NOW) == (homes[h] == b->home), "%u", i);
        ck_assert(has(recipient, b->home, NOW + 1) == (i % 2 == 1));
        free(b);
    }
    ck_assert_uint_eq(breaker_set_count(&set, NOW), 1000);
}

START_TEST(many_are_found_by_whatever_way_they_came)
{
    struct breaker_list list = { NULL, 0, 0 };
    begin();
    for (unsigned i = 0; i < 1000; i++)
        breaker_set_add(&set, nth(i), NOW);
    assert_thousand();
    for (unsigned i = 0; i < 1000; i++)
        ck_assert(breaker_list_add(&list, nth(i)));
    add(FOO, HOME_PRIMARY, NOW + 10);
    breaker_set_replace(&set, &list);
    ck_assert_uint_eq(list.n, 0);
    ck_assert(!has(FOO, HOME_PRIMARY, NOW));
    assert_thousand();
    breaker_set_replace(&set, &list);
    ck_assert_uint_eq(breaker_set_count(&set, NOW), 0);
    ck_assert(!has(SPAN_LIT("u1"), HOME_SECONDARY, NOW));
    end();
}
END_TEST

START_TEST(a_full_set_forgets_what_is_over)
{
    char name[32];
    begin();
    for (unsigned i = 0; i < BREAKER_OPEN_MAX; i++) {
        int n = snprintf(name, sizeof(name), "%u", i);
        add((struct span){ name, (size_t)n }, HOME_PRIMARY, i == 5 ? NOW + 1 : NOW + 10);
    }
    add(FOO, HOME_PRIMARY, NOW + 10);
    ck_assert(!has(FOO, HOME_PRIMARY, NOW));
    add(SPAN_LIT("7"), HOME_PRIMARY, NOW + 20);
    ck_assert(has(SPAN_LIT("7"), HOME_PRIMARY, NOW + 15));
    breaker_set_add(&set, breaker_new(FOO, HOME_PRIMARY, NOW + 10), NOW + 1);
    ck_assert(has(FOO, HOME_PRIMARY, NOW + 1));
    ck_assert_uint_eq(breaker_set_count(&set, NOW), BREAKER_OPEN_MAX);
    end();
}
END_TEST

static const struct member_case {
    struct span member;
    const char *score;
    const char *recipient; /* NULL: no breaker */
    enum home home;
    int64_t until;
} member_cases[] = {
    { SPAN_LIT("primary foo@example.com"), "1732212345", "foo@example.com", HOME_PRIMARY,
      1732212345 },
    { SPAN_LIT("both a b"), "0", "a b", HOME_BOTH, 0 },
    { SPAN_LIT("moving "), "7.75", "", HOME_MOVING, 7 },
    { SPAN_LIT("secondary x"), "inf", "x", HOME_SECONDARY, INT64_MAX },
    { SPAN_LIT("secondary x"), "1.7e+20", "x", HOME_SECONDARY, INT64_MAX },
    { SPAN_LIT("secondary x"), "100000000000000000000", "x", HOME_SECONDARY, INT64_MAX },
    { SPAN_LIT("secondary x"), "18446744073709551615", "x", HOME_SECONDARY, INT64_MAX },
    { SPAN_LIT("primary"), "7", NULL, HOME_UNSET, 0 },
    { SPAN_LIT("Primary x"), "7", NULL, HOME_UNSET, 0 },
    { SPAN_LIT("unset x"), "7", NULL, HOME_UNSET, 0 },
    { SPAN_LIT(" x"), "7", NULL, HOME_UNSET, 0 },
    { SPAN_LIT(""), "7", NULL, HOME_UNSET, 0 },
};

START_TEST(members_of_the_set_in_redis)
{
    const struct member_case *c = &member_cases[_i];
    struct span member = unit_exact(c->member), score = unit_exact(span_of(c->score));
    struct breaker *b = breaker_read(member, score);
    ck_assert(!b == !c->recipient);
    if (b) {
        unit_assert_span((struct span){ b->recipient, b->n }, c->recipient, "recipient");
        ck_assert_int_eq(b->home, c->home);
        ck_assert_msg(b->until == c->until, "%s: %ld", c->score, (long)b->until);
    }
    free(b);
    free((void *)member.p);
    free((void *)score.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("breaker_set");
    TCase *tc = tcase_create("breaker_set");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_breaker_is_of_one_recipient_and_home);
    tcase_add_test(tc, it_is_over_at_its_second);
    tcase_add_test(tc, many_are_found_by_whatever_way_they_came);
    tcase_add_test(tc, a_full_set_forgets_what_is_over);
    tcase_add_loop_test(tc, members_of_the_set_in_redis, 0, COUNT_OF(member_cases));
    suite_add_tcase(suite, tc);
    return suite;
}
