#include "tests/support/unit.h"

#include "state/redis_pause.h"
#include "state/redis_pool.h"

#define START 1000000

START_TEST(pauses_double_up_to_the_longest)
{
    static const unsigned want[] = { 50, 100, 200, 400, 800, 1000, 1000 };
    struct redis_pause p = { 0 };
    int64_t now = START;
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        ck_assert(redis_pause_may_ask(&p, now));
        redis_pause_failed(&p, redis_pause_ask(&p), now);
        ck_assert(!redis_pause_may_ask(&p, now));
        ck_assert(!redis_pause_may_ask(&p, now + want[i] - 1));
        now += want[i];
        ck_assert_msg(redis_pause_may_ask(&p, now), "pause %zu is over %u ms", i, want[i]);
    }
}
END_TEST

START_TEST(after_a_pause_one_tries_alone)
{
    struct redis_pause p = { 0 };
    redis_pause_failed(&p, redis_pause_ask(&p), START);
    int64_t after = START + REDIS_PAUSE_FIRST_MS;
    struct redis_ticket probe = redis_pause_ask(&p);
    ck_assert(!redis_pause_may_ask(&p, after));
    ck_assert(!redis_pause_may_ask(&p, after + 100 * REDIS_PAUSE_MAX_MS));
    redis_pause_answered(&p, probe);
    ck_assert(redis_pause_may_ask(&p, after));
    redis_pause_failed(&p, redis_pause_ask(&p), after);
    ck_assert(redis_pause_may_ask(&p, after + REDIS_PAUSE_FIRST_MS));
}
END_TEST

START_TEST(many_threads_in_one_outage_count_once)
{
    struct redis_pause p = { 0 };
    struct redis_ticket t[REDIS_CONNECTIONS_MAX];
    for (size_t i = 0; i < REDIS_CONNECTIONS_MAX; i++)
        t[i] = redis_pause_ask(&p);
    for (size_t i = 0; i < REDIS_CONNECTIONS_MAX; i++)
        redis_pause_failed(&p, t[i], START);
    ck_assert(!redis_pause_may_ask(&p, START + REDIS_PAUSE_FIRST_MS - 1));
    ck_assert(redis_pause_may_ask(&p, START + REDIS_PAUSE_FIRST_MS));
}
END_TEST

START_TEST(an_answer_to_an_earlier_look_up_ends_the_pause)
{
    struct redis_pause p = { 0 };
    struct redis_ticket slow = redis_pause_ask(&p);
    redis_pause_failed(&p, redis_pause_ask(&p), START);
    redis_pause_answered(&p, slow);
    ck_assert(redis_pause_may_ask(&p, START));
    ck_assert(!redis_pause_ask(&p).probe);
}
END_TEST

/* The end of a look-up from before the outage leaves the probe its turn. */
START_TEST(a_late_failure_neither_counts_nor_ends_the_probe)
{
    struct redis_pause p = { 0 };
    struct redis_ticket slow = redis_pause_ask(&p);
    redis_pause_failed(&p, redis_pause_ask(&p), START);
    int64_t after = START + REDIS_PAUSE_FIRST_MS;
    struct redis_ticket probe = redis_pause_ask(&p);
    redis_pause_failed(&p, slow, after);
    ck_assert(!redis_pause_may_ask(&p, after));
    redis_pause_failed(&p, probe, after);
    ck_assert(!redis_pause_may_ask(&p, after + 2 * REDIS_PAUSE_FIRST_MS - 1));
    ck_assert(redis_pause_may_ask(&p, after + 2 * REDIS_PAUSE_FIRST_MS));
}
END_TEST

/* What another server did is forgotten, also by those that are still asking it. */
START_TEST(another_server_begins_without_a_pause)
{
    struct redis_pause p = { 0 };
    struct redis_ticket slow = redis_pause_ask(&p);
    redis_pause_failed(&p, redis_pause_ask(&p), START);
    redis_pause_forget(&p);
    ck_assert(redis_pause_may_ask(&p, START));
    ck_assert(!redis_pause_ask(&p).probe);
    redis_pause_failed(&p, slow, START);
    ck_assert(redis_pause_may_ask(&p, START));
    redis_pause_failed(&p, redis_pause_ask(&p), START);
    ck_assert(!redis_pause_may_ask(&p, START + REDIS_PAUSE_FIRST_MS - 1));
    ck_assert(redis_pause_may_ask(&p, START + REDIS_PAUSE_FIRST_MS));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_pause");
    TCase *tc = tcase_create("redis_pause");
    tcase_add_test(tc, pauses_double_up_to_the_longest);
    tcase_add_test(tc, after_a_pause_one_tries_alone);
    tcase_add_test(tc, many_threads_in_one_outage_count_once);
    tcase_add_test(tc, an_answer_to_an_earlier_look_up_ends_the_pause);
    tcase_add_test(tc, a_late_failure_neither_counts_nor_ends_the_probe);
    tcase_add_test(tc, another_server_begins_without_a_pause);
    suite_add_tcase(suite, tc);
    return suite;
}
