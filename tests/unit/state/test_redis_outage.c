#include "tests/support/unit.h"

#include "state/redis_outage.h"
#include "state/redis_pause.h"

#define START 1000000 /* a moment; any will do */

static unsigned pause_after(struct redis_outage *o, enum redis_failure kind, int64_t now)
{
    bool tell;
    return redis_outage_failed(o, kind, now, &tell);
}

START_TEST(at_once_and_then_after_growing_pauses)
{
    static const unsigned want[] = { 0, 50, 100, 200, 400, 800, 1000, 1000 };
    struct redis_outage o = { 0 };
    for (size_t i = 0; i < COUNT_OF(want); i++)
        ck_assert_uint_eq(pause_after(&o, FAILURE_AWAY, START), want[i]);
}
END_TEST

START_TEST(who_refuses_is_left_alone)
{
    struct redis_outage o = { 0 };
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(pause_after(&o, FAILURE_REFUSED, START), REDIS_PAUSE_MAX_MS);
}
END_TEST

START_TEST(pauses_begin_anew_unless_the_last_outage_was_a_moment_ago)
{
    struct redis_outage o = { 0 };
    int64_t length;
    ck_assert_uint_eq(pause_after(&o, FAILURE_CLOSED, START), 0);
    redis_outage_over(&o, START, &length);
    ck_assert_uint_eq(pause_after(&o, FAILURE_CLOSED, START + REDIS_PAUSE_MAX_MS - 1),
                      REDIS_PAUSE_FIRST_MS);
    redis_outage_over(&o, START + REDIS_PAUSE_MAX_MS, &length);
    ck_assert_uint_eq(pause_after(&o, FAILURE_CLOSED, START + 2 * REDIS_PAUSE_MAX_MS - 1), 0);
}
END_TEST

START_TEST(an_outage_has_a_line_for_each_kind_and_one_for_its_end)
{
    struct redis_outage o = { 0 };
    int64_t length;
    static const struct {
        enum redis_failure kind;
        int64_t at;
        bool tell;
    } steps[] = {
        { FAILURE_CLOSED, 0, true },      { FAILURE_AWAY, 10, false },
        { FAILURE_AWAY, 5000, false },    { FAILURE_REFUSED, 5001, true },
        { FAILURE_REFUSED, 9000, false }, { FAILURE_AWAY, 12000, false },
    };
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        bool tell;
        redis_outage_failed(&o, steps[i].kind, START + steps[i].at, &tell);
        ck_assert_msg(tell == steps[i].tell, "step %zu", i);
    }
    ck_assert(redis_outage_over(&o, START + 12345, &length));
    ck_assert_int_eq(length, 12345);
}
END_TEST

START_TEST(lines_are_a_second_apart)
{
    struct redis_outage o = { 0 };
    int64_t length;
    size_t lost = 0, back = 0;
    for (int64_t ms = 0; ms < 10000; ms += 10) {
        bool tell;
        redis_outage_failed(&o, ms % 20 ? FAILURE_CLOSED : FAILURE_REFUSED, START + ms, &tell);
        lost += tell;
        back += redis_outage_over(&o, START + ms + 5, &length);
    }
    ck_assert_uint_eq(lost, 10000 / REDIS_OUTAGE_LINE_MS);
    ck_assert_uint_eq(back, lost);
}
END_TEST

START_TEST(a_line_that_was_not_due_comes_later)
{
    struct redis_outage o = { 0 };
    bool tell;
    redis_outage_failed(&o, FAILURE_CLOSED, START, &tell);
    redis_outage_failed(&o, FAILURE_REFUSED, START + REDIS_OUTAGE_LINE_MS - 1, &tell);
    ck_assert(!tell);
    redis_outage_failed(&o, FAILURE_REFUSED, START + REDIS_OUTAGE_LINE_MS, &tell);
    ck_assert(tell);
}
END_TEST

START_TEST(no_line_for_the_first_time)
{
    struct redis_outage o = { 0 };
    int64_t length;
    ck_assert(!redis_outage_over(&o, START, &length));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_outage");
    TCase *tc = tcase_create("redis_outage");
    tcase_add_test(tc, at_once_and_then_after_growing_pauses);
    tcase_add_test(tc, who_refuses_is_left_alone);
    tcase_add_test(tc, pauses_begin_anew_unless_the_last_outage_was_a_moment_ago);
    tcase_add_test(tc, an_outage_has_a_line_for_each_kind_and_one_for_its_end);
    tcase_add_test(tc, lines_are_a_second_apart);
    tcase_add_test(tc, a_line_that_was_not_due_comes_later);
    tcase_add_test(tc, no_line_for_the_first_time);
    suite_add_tcase(suite, tc);
    return suite;
}
