#include "tests/support/unit.h"

#include "state/breaker_set.h"
#include "tests/unit/state/journal_bench.h"

START_TEST(nodes_share_ledger_and_breaker)
{
    struct journal_bench a, b;
    char why[RECORD_FAULT_MAX];
    bench_begin();
    bench_open(&a, server.path, BENCH_AMPLE_MS, &bench_ample);
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    bench_sent(a.journal, "", "AAAAAAAAAAA");
    bench_settle(&a);
    ck_assert_uint_eq(bench_ask(b.journal, "", "BBBBBBBBBBB", why).visits, 1);
    bench_strike(&a, FOO, LIMIT - 1);
    ck_assert(!journal_is_open(a.journal, FOO, HOME_PRIMARY));
    bench_strike(&b, FOO, 1);
    ck_assert(journal_is_open(b.journal, FOO, HOME_PRIMARY));
    ck_assert_uint_eq(bench_count(&b).open, 1);
    redis_journal_reread(a.journal);
    bench_assert_open(&a, true);
    ck_assert(!journal_is_open(a.journal, FOO, HOME_SECONDARY));
    bench_close(&a);
    bench_open(&a, server.path, BENCH_AMPLE_MS, &bench_ample);
    bench_assert_open(&a, true);
    bench_close(&a);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

/* Sets the score to so many seconds from now. */
static void set_breaker(const char *member, int seconds)
{
    char text[256];
    snprintf(text, sizeof(text),
             "redis.call('ZADD', 'coexist:breaker', redis.call('TIME')[1] + %d, '%s')", seconds,
             member);
    bench_run(text);
}

START_TEST(an_administrator_opens_and_closes)
{
    struct journal_bench b;
    bench_begin();
    set_breaker("primary foo@example.com", WINDOW);
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    bench_assert_open(&b, true);
    bench_run("redis.call('ZREM', 'coexist:breaker', 'primary foo@example.com')");
    redis_journal_reread(b.journal);
    bench_assert_open(&b, false);
    set_breaker("primary foo@example.com", WINDOW);
    set_breaker("rubbish", WINDOW);
    redis_journal_reread(b.journal);
    bench_assert_open(&b, true);
    ck_assert_uint_eq(bench_count(&b).open, 1);
    set_breaker("primary foo@example.com", -1);
    redis_journal_reread(b.journal);
    bench_assert_open(&b, false);
    bench_run("redis.call('ZADD', 'coexist:breaker', 'inf', 'primary foo@example.com')");
    redis_journal_reread(b.journal);
    bench_assert_open(&b, true);
    bench_run("redis.call('FLUSHALL')");
    redis_journal_reread(b.journal);
    bench_assert_open(&b, false);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

/* The set is to be read at the very moment when the strikes are answered, before it is written. */
START_TEST(reading_forgets_no_strikes_of_ones_own)
{
    struct journal_bench b;
    char name[16];
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    for (unsigned i = 0; i < 20; i++) {
        int n = snprintf(name, sizeof(name), "u%u", i);
        struct span recipient = { name, (size_t)n };
        redis_journal_reread(b.journal);
        bench_strike(&b, recipient, LIMIT);
        ck_assert_msg(journal_is_open(b.journal, recipient, HOME_PRIMARY), "%u", i);
        ck_assert(i == 0 || journal_is_open(b.journal, SPAN_LIT("u0"), HOME_PRIMARY));
    }
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

/* Opens the breaker for so many seconds; false when that was too short to be seen. */
static bool open_for(struct journal_bench *b, int seconds)
{
    int64_t end = deadline_in(1000 * (unsigned)seconds);
    set_breaker("primary foo@example.com", seconds);
    redis_journal_reread(b->journal);
    while (!journal_is_open(b->journal, FOO, HOME_PRIMARY)) {
        if (deadline_left(end) == 0)
            return false;
        poll(NULL, 0, 1);
    }
    return true;
}

/* The server is away when it is over: memory alone says so. */
START_TEST(a_breaker_ends_by_itself)
{
    struct journal_bench b;
    int seconds = 2;
    bench_begin();
    set_breaker("both foo@example.com", WINDOW);
    bench_open(&b, server.path, BENCH_SHORT_MS, &bench_ample);
    while (!open_for(&b, seconds) && seconds < 20)
        seconds *= 2;
    redis_server_kill(&server);
    bench_assert_open(&b, false);
    ck_assert(journal_is_open(b.journal, FOO, HOME_BOTH));
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

START_TEST(what_is_over_leaves_the_set)
{
    struct journal_bench b;
    bench_begin();
    set_breaker("both old@example.com", -1);
    set_breaker("both new@example.com", WINDOW);
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    bench_strike(&b, FOO, LIMIT);
    bench_assert("return table.concat(redis.call('ZRANGE', 'coexist:breaker', 0, -1), '|')",
                 "both new@example.com|primary foo@example.com");
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

START_TEST(large_sets_are_read_in_pages)
{
    struct journal_bench b;
    bench_begin();
    bench_run("local now = redis.call('TIME')[1] for i = 1, 10500 do redis.call('ZADD', "
              "'coexist:breaker', now + 10000 + i, 'primary ' .. i) end");
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    while (bench_count(&b).open == 0)
        poll(NULL, 0, 1);
    ck_assert_uint_eq(bench_count(&b).open, BREAKER_OPEN_MAX);
    ck_assert(journal_is_open(b.journal, SPAN_LIT("10500"), HOME_PRIMARY));
    ck_assert(journal_is_open(b.journal, SPAN_LIT("501"), HOME_PRIMARY));
    ck_assert(!journal_is_open(b.journal, SPAN_LIT("500"), HOME_PRIMARY));
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("breaker_reader");
    TCase *tc = tcase_create("breaker_reader");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, nodes_share_ledger_and_breaker);
    tcase_add_test(tc, reading_forgets_no_strikes_of_ones_own);
    tcase_add_test(tc, an_administrator_opens_and_closes);
    tcase_add_test(tc, a_breaker_ends_by_itself);
    tcase_add_test(tc, what_is_over_leaves_the_set);
    tcase_add_test(tc, large_sets_are_read_in_pages);
    suite_add_tcase(suite, tc);
    return suite;
}
