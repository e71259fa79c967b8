#include "tests/support/unit.h"

#include <time.h>

#include "sys/clock.h"

START_TEST(utc_is_the_time_of_day)
{
    int64_t before = time(NULL) - 1, now = clock_utc(), after = time(NULL) + 1;
    ck_assert_int_ge(now, before);
    ck_assert_int_le(now, after);
}
END_TEST

START_TEST(milliseconds_are_of_the_same_clock)
{
    struct timespec from, to;
    clock_gettime(CLOCK_REALTIME, &from);
    int64_t now = clock_utc_ms();
    clock_gettime(CLOCK_REALTIME, &to);
    ck_assert_int_ge(now, from.tv_sec * INT64_C(1000) + from.tv_nsec / 1000000);
    ck_assert_int_le(now, to.tv_sec * INT64_C(1000) + to.tv_nsec / 1000000);
}
END_TEST

START_TEST(monotonic_counts_microseconds_and_never_goes_back)
{
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    int64_t first = clock_monotonic_us(), last = first;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic_us();
        ck_assert_int_ge(now, last);
        last = now;
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    ck_assert_int_ge(first, from.tv_sec * INT64_C(1000000) + from.tv_nsec / 1000);
    ck_assert_int_le(last, to.tv_sec * INT64_C(1000000) + to.tv_nsec / 1000);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("clock");
    TCase *tc = tcase_create("clock");
    tcase_add_test(tc, utc_is_the_time_of_day);
    tcase_add_test(tc, milliseconds_are_of_the_same_clock);
    tcase_add_test(tc, monotonic_counts_microseconds_and_never_goes_back);
    suite_add_tcase(suite, tc);
    return suite;
}
