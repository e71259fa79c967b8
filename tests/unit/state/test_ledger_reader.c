#include "tests/support/unit.h"

#include "state/ledger.h"
#include "tests/unit/state/journal_bench.h"

static const struct value_case {
    const char *set; /* a script */
    unsigned visits;
    const char *why; /* NULL: it is found */
} value_cases[] = {
    { "redis.call('SET', k, 'AAAAAAAAAAA,BBBBBBBBBBB,')", 1, NULL },
    { "redis.call('SET', k, '*')", JOURNAL_VISITS_MAX, NULL },
    { "redis.call('SET', k, string.rep('AAAAAAAAAAA,', 170))", 0, NULL },
    { "redis.call('SET', k, string.rep('AAAAAAAAAAA,', 171))", JOURNAL_VISITS_MAX, NULL },
    { "redis.call('SET', k, string.rep('x', 20000000))", JOURNAL_VISITS_MAX, NULL },
    { "redis.call('SET', k, 'BBBBBBBBBBB,') redis.call('PEXPIRE', k, 0)", 0, NULL },
    { "redis.call('SET', k, 'rubbish')", 0, "the value of ledger:__________" },
    { "redis.call('SET', k, '\\r\\n,')", 0, "the value of ledger:__________" },
    { "redis.call('HSET', k, 'a', 'b')", 0, "WRONGTYPE " },
    { "redis.call('SADD', k, 'AAAAAAAAAAA,')", 0, "WRONGTYPE " },
};

START_TEST(values_of_the_ledger)
{
    struct journal_bench b;
    char text[512], why[RECORD_FAULT_MAX];
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_plain);
    for (size_t i = 0; i < COUNT_OF(value_cases); i++) {
        const struct value_case *c = &value_cases[i];
        snprintf(text, sizeof(text),
                 "local k = 'coexist:ledger:______________________' redis.call('DEL', k) %s",
                 c->set);
        bench_run(text);
        struct journal_query q = bench_ask(b.journal, "", "AAAAAAAAAAA", why);
        ck_assert_msg(q.answer == (c->why ? STORE_UNAVAILABLE : STORE_FOUND), "%s: %s", c->set,
                      why);
        ck_assert_msg(c->why ? strncmp(why, c->why, strlen(c->why)) == 0 : !*why, "%s: %s", c->set,
                      why);
        ck_assert_msg(c->why || q.visits == c->visits, "%s: %u", c->set, q.visits);
    }
    ck_assert_uint_eq(bench_count(&b).reads, COUNT_OF(value_cases));
    ck_assert_uint_eq(bench_count(&b).reads_unavailable, 4);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

START_TEST(one_bad_value_spoils_no_other)
{
    struct journal_bench b;
    char why[RECORD_FAULT_MAX];
    struct journal_query q[] = { { .visit = bench_visit("one", "A") },
                                 { .visit = bench_visit("bad", "A") },
                                 { .visit = bench_visit("two", "A") } };
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_plain);
    bench_sent(b.journal, "one", "B");
    bench_sent(b.journal, "two", "B");
    bench_run("redis.call('HSET', 'coexist:ledger:bad___________________', 'a', 'b')");
    bench_settle(&b);
    journal_visits(b.journal, q, COUNT_OF(q), why);
    ck_assert_int_eq(q[0].answer, STORE_FOUND);
    ck_assert_int_eq(q[1].answer, STORE_UNAVAILABLE);
    ck_assert_int_eq(q[2].answer, STORE_FOUND);
    ck_assert_uint_eq(q[0].visits + q[2].visits, 2);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

#define ITEM (JOURNAL_ARRIVAL_LEN + 1) /* octets of an arrival in the value */

START_TEST(a_long_value_is_replaced)
{
    struct journal_bench b;
    char why[RECORD_FAULT_MAX];
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    for (unsigned i = 0; i < LEDGER_OCTETS_MAX / ITEM; i++)
        bench_sent(b.journal, "", "");
    bench_settle(&b);
    bench_assert("return redis.call('STRLEN', 'coexist:ledger:______________________')", "2040");
    bench_sent(b.journal, "", "");
    bench_settle(&b);
    bench_assert("return redis.call('GET', 'coexist:ledger:______________________')", "*");
    bench_assert("local t = redis.call('TTL', 'coexist:ledger:______________________') "
                 "return t > 3000 and t <= 3600",
                 "true");
    ck_assert_uint_eq(bench_ask(b.journal, "", "", why).visits, JOURNAL_VISITS_MAX);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

START_TEST(keys_end_with_their_windows)
{
    struct redis_journal_config config = bench_ample;
    struct journal_bench b;
    bench_begin();
    config.ledger_window_s = 1000;
    config.breaker_window_s = 2000;
    bench_open(&b, server.path, BENCH_AMPLE_MS, &config);
    bench_sent(b.journal, "", "AAAAAAAAAAA");
    bench_strike(&b, FOO, 1);
    bench_assert("local t = redis.call('TTL', 'coexist:ledger:______________________') "
                 "return t > 900 and t <= 1000",
                 "true");
    bench_run("redis.call('EXPIRE', 'coexist:strikes:primary:foo@example.com', 500)");
    bench_strike(&b, FOO, 1);
    bench_assert("local t = redis.call('TTL', 'coexist:strikes:primary:foo@example.com') "
                 "return t > 400 and t <= 500",
                 "true");
    bench_run("redis.call('PERSIST', 'coexist:strikes:primary:foo@example.com')");
    bench_strike(&b, FOO, LIMIT - 2);
    bench_assert("local t = redis.call('TTL', 'coexist:strikes:primary:foo@example.com') "
                 "return t > 1900 and t <= 2000",
                 "true");
    bench_assert("local s = redis.call('ZSCORE', 'coexist:breaker', 'primary foo@example.com') "
                 "- redis.call('TIME')[1] return s > 1900 and s <= 2000",
                 "true");
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

START_TEST(a_lost_server_leaves_the_ledger_unavailable)
{
    struct journal_bench b;
    char why[RECORD_FAULT_MAX];
    redis_server_init(&server);
    bench_open(&b, server.path, BENCH_SHORT_MS, &bench_plain);
    ck_assert_int_eq(bench_ask(b.journal, "", "AAAAAAAAAAA", why).answer, STORE_UNAVAILABLE);
    ck_assert_str_ne(why, "");
    ck_assert_uint_eq(bench_count(&b).reads_unavailable, 1);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("ledger_reader");
    TCase *tc = tcase_create("ledger_reader");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, values_of_the_ledger);
    tcase_add_test(tc, one_bad_value_spoils_no_other);
    tcase_add_test(tc, a_long_value_is_replaced);
    tcase_add_test(tc, keys_end_with_their_windows);
    tcase_add_test(tc, a_lost_server_leaves_the_ledger_unavailable);
    suite_add_tcase(suite, tc);
    return suite;
}
