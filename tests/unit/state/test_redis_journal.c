#include "tests/support/unit.h"

#include <signal.h>

#include "state/journal_batch.h"
#include "tests/support/fake_redis.h"
#include "tests/unit/state/journal_bench.h"

START_TEST(events_stand_in_the_stream)
{
    static char longest[JOURNAL_VALUE_MAX + 2];
    struct journal_bench b;
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    memset(longest, 'x', JOURNAL_VALUE_MAX + 1);
    const struct journal_field field[] = { { "reason", { "home-peerage", 9 } },
                                           { "octets", SPAN_LIT("\0\r\n\xff$") },
                                           { "empty", SPAN_LIT("") },
                                           { "absent", SPAN_ABSENT },
                                           { "long", { longest, JOURNAL_VALUE_MAX + 1 } } };
    journal_event(b.journal, field, COUNT_OF(field));
    journal_event(b.journal, field, 1);
    journal_event(b.journal, field, 0);
    ck_assert_uint_eq(bench_settle(&b).written, 2);
    bench_assert("local s = '' "
                 "for _, e in ipairs(redis.call('XRANGE', 'coexist:events', '-', '+')) do "
                 "for i, v in ipairs(e[2]) do s = s .. (#v > 99 and #v or v:gsub('[^%w-]', "
                 "function(c) return '<' .. c:byte() .. '>' end)) .. '|' end end return s",
                 "reason|home-peer|octets|<0><13><10><255><36>|empty||absent||long|1024|"
                 "reason|home-peer|");
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

START_TEST(most_fields_at_once)
{
    struct journal_field field[JOURNAL_FIELDS_MAX + 1];
    struct journal_bench b;
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    for (size_t i = 0; i < COUNT_OF(field); i++)
        field[i] = (struct journal_field){ "name", FOO };
    journal_event(b.journal, field, COUNT_OF(field));
    ck_assert_uint_eq(bench_settle(&b).written, 1);
    bench_assert("return #redis.call('XRANGE', 'coexist:events', '-', '+')[1][2]", "64");
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

START_TEST(the_stream_is_trimmed)
{
    struct redis_journal_config config = bench_ample;
    struct journal_bench b;
    bench_begin();
    config.events_max = 500;
    bench_open(&b, server.path, BENCH_AMPLE_MS, &config);
    bench_events(b.journal, 1, 5000);
    bench_settle(&b);
    long length = bench_number("return redis.call('XLEN', 'coexist:events')");
    ck_assert_msg(length >= 500 && length <= 700, "%ld", length);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

/* They wait for the server to be there; one attempt at least was in vain. */
START_TEST(entries_go_in_batches)
{
    struct journal_bench b;
    redis_server_init(&server);
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_plain);
    bench_events(b.journal, 1, 2 * JOURNAL_BATCH_MAX + 1);
    while (bench_count(&b).batches == 0)
        poll(NULL, 0, 1);
    redis_server_start(&server, NULL);
    struct redis_journal_counts c = bench_settle(&b);
    ck_assert_uint_eq(c.written, 2 * JOURNAL_BATCH_MAX + 1);
    ck_assert_msg(c.batches >= 4 && c.batches <= 5, "%lu batches", (unsigned long)c.batches);
    bench_assert("return redis.call('INFO', 'commandstats'):match('cmdstat_xadd:calls=(%d+)')",
                 "1025");
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

/* Of the numbers from 1 to n: how many are in the stream, and how often at most. */
static void assert_numbers(unsigned n, const char *want)
{
    char text[512];
    snprintf(text, sizeof(text),
             "local seen, most, some = {}, 0, 0 "
             "for _, e in ipairs(redis.call('XRANGE', 'coexist:events', '-', '+')) do "
             "local k = tonumber(e[2][2]) if not seen[k] and k >= 1 and k <= %u then "
             "some = some + 1 end seen[k] = (seen[k] or 0) + 1 most = math.max(most, seen[k]) end "
             "return some .. ' ' .. most",
             n);
    bench_assert(text, want);
}

/* Nothing is on its way when the server dies, so that nothing is lost or doubled. */
START_TEST(entries_wait_for_the_server)
{
    struct journal_bench b;
    char why[RECORD_FAULT_MAX];
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    bench_events(b.journal, 1, 10);
    bench_settle(&b);
    redis_server_kill(&server);
    bench_events(b.journal, 1, 2000);
    bench_sent(b.journal, "waits", "AAAAAAAAAAA");
    for (unsigned i = 0; i < LIMIT; i++)
        journal_struck(b.journal, FOO, HOME_PRIMARY);
    redis_server_start(&server, NULL);
    ck_assert_uint_eq(bench_settle(&b).written, 10 + 2000 + 1 + LIMIT);
    assert_numbers(2000, "2000 1");
    ck_assert_uint_eq(bench_ask(b.journal, "waits", "BBBBBBBBBBB", why).visits, 1);
    bench_assert_open(&b, true);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

static void *post_events(void *journal)
{
    bench_events(journal, 1, 20000);
    return NULL;
}

/* The server dies while it is written to, and has kept what it has answered. */
START_TEST(what_was_on_its_way_is_written_once_or_twice)
{
    static const char *const durable[] = { "--appendonly", "yes", "--appendfsync", "always", NULL };
    struct journal_bench b;
    pthread_t thread;
    redis_server_init(&server);
    redis_server_start(&server, durable);
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_plain);
    ck_assert_int_eq(pthread_create(&thread, NULL, post_events, b.journal), 0);
    while (bench_count(&b).written < 1000)
        poll(NULL, 0, 1);
    redis_server_kill(&server);
    redis_server_start(&server, durable);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(bench_settle(&b).written, 20000);
    ck_assert_int_ge(bench_number("return redis.call('XLEN', 'coexist:events')"), 20000);
    ck_assert_int_le(bench_number("return redis.call('XLEN', 'coexist:events')"),
                     20000 + JOURNAL_BATCH_MAX);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

/* Posting never waits: it comes to its end while nobody reads. What is left are the newest. */
START_TEST(a_server_that_hangs_holds_nobody_up)
{
    struct redis_journal_config config = bench_plain;
    struct journal_bench b;
    bench_begin();
    config.queue_max = 1000;
    bench_open(&b, server.path, BENCH_SHORT_MS, &config);
    redis_server_signal(&server, SIGSTOP);
    bench_events(b.journal, 1, 100000);
    struct redis_journal_counts c = bench_count(&b);
    ck_assert_uint_eq(c.events, 100000);
    ck_assert_uint_eq(c.dropped + c.waiting, 100000);
    ck_assert_uint_le(c.waiting, 1000 + JOURNAL_BATCH_MAX);
    while (bench_count(&b).waiting > 1000)
        poll(NULL, 0, 1);
    ck_assert_uint_eq(bench_count(&b).dropped, 99000);
    redis_server_signal(&server, SIGCONT);
    ck_assert_uint_eq(bench_settle(&b).written, 1000);
    bench_assert("local seen = {} "
                 "for _, e in ipairs(redis.call('XRANGE', 'coexist:events', '-', '+')) do "
                 "local k = tonumber(e[2][2]) if k > 99000 then "
                 "seen[k] = (seen[k] or 0) + 1 end end "
                 "local n = 0 for k, v in pairs(seen) do n = n + 1 "
                 "if v > 2 then return 'too often' end end return n",
                 "1000");
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

START_TEST(closing_writes_what_waits)
{
    struct journal_bench b;
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    bench_events(b.journal, 1, 3000);
    for (unsigned i = 0; i < LIMIT; i++)
        journal_struck(b.journal, FOO, HOME_PRIMARY);
    bench_close(&b);
    assert_numbers(3000, "3000 1");
    bench_assert("return redis.call('ZCARD', 'coexist:breaker')", "1");
    redis_server_free(&server);
}
END_TEST

START_TEST(closing_drops_what_cannot_be_written)
{
    struct heard heard = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct redis_journal_config config = bench_plain;
    struct journal_bench b;
    redis_server_init(&server);
    config.teller = (struct teller){ bench_hear, &heard };
    bench_open(&b, server.path, BENCH_SHORT_MS, &config);
    bench_events(b.journal, 1, 7);
    bench_close(&b);
    ck_assert_uint_eq(heard.dropped, 1);
    ck_assert_msg(strstr(heard.text, "7 entries dropped"), "%s", heard.text);
    redis_server_free(&server);
}
END_TEST

/* What is dropped at the end can still be counted. */
START_TEST(a_stopped_journal_tells_its_counts)
{
    struct redis_journal_counts n;
    struct heard heard = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct redis_journal_config config = bench_plain;
    struct journal_bench b;
    redis_server_init(&server);
    config.teller = (struct teller){ bench_hear, &heard };
    bench_open(&b, server.path, BENCH_SHORT_MS, &config);
    bench_events(b.journal, 1, 7);
    redis_journal_stop(b.journal);
    redis_journal_stop(b.journal);
    redis_journal_count(b.journal, &n);
    ck_assert_uint_eq(n.events, 7);
    ck_assert_uint_eq(n.dropped, 7);
    ck_assert_uint_eq(n.waiting, 0);
    bench_close(&b);
    ck_assert_uint_eq(heard.dropped, 1);
    redis_server_free(&server);
}
END_TEST

START_TEST(parts_can_be_off)
{
    static const struct redis_journal_config off = { .queue_max = 10 };
    static const struct fake_step step[] = { { "-ERR not asked for\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    struct journal_bench b;
    char why[RECORD_FAULT_MAX];
    fake_redis_start(&fake, step, COUNT_OF(step));
    bench_open(&b, fake.path, BENCH_SHORT_MS, &off);
    bench_event(b.journal, 1);
    bench_sent(b.journal, "", "AAAAAAAAAAA");
    bench_strike(&b, FOO, 100);
    redis_journal_reread(b.journal);
    struct journal_query q = bench_ask(b.journal, "", "BBBBBBBBBBB", why);
    ck_assert_int_eq(q.answer, STORE_FOUND);
    ck_assert_uint_eq(q.visits, 0);
    ck_assert(!journal_is_open(b.journal, FOO, HOME_PRIMARY));
    struct redis_journal_counts c = bench_count(&b);
    ck_assert_uint_eq(c.events + c.sent + c.strikes + c.dropped + c.reads, 0);
    bench_close(&b);
    ck_assert_uint_eq(fake.commands, 0);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(keys_too_long_are_dropped)
{
    static char longest[RECORD_KEY_MAX];
    struct journal_bench b;
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    memset(longest, 'x', sizeof(longest));
    size_t most = RECORD_KEY_MAX - strlen("coexist:strikes:primary:");
    bench_strike(&b, (struct span){ longest, most + 1 }, LIMIT);
    ck_assert_uint_eq(bench_count(&b).dropped, LIMIT);
    bench_strike(&b, (struct span){ longest, most }, LIMIT);
    ck_assert_uint_eq(bench_count(&b).dropped, LIMIT);
    ck_assert(journal_is_open(b.journal, (struct span){ longest, most }, HOME_PRIMARY));
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

#define THREADS 8
#define TURNS 500

static void *everything(void *journal)
{
    char why[RECORD_FAULT_MAX], name[16];
    struct journal *j = journal;
    for (unsigned i = 0; i < TURNS; i++) {
        int n = snprintf(name, sizeof(name), "u%u", i % 50);
        struct span recipient = { name, (size_t)n };
        bench_event(j, i);
        bench_sent(j, name, i % 3 ? "AAAAAAAAAAA" : "");
        if (i % 5 == 0)
            journal_struck(j, recipient, HOME_PRIMARY);
        if (i % 20 == 0)
            redis_journal_reread(j);
        if (i % 10 == 0)
            ck_assert_int_eq(bench_ask(j, name, "BBBBBBBBBBB", why).answer, STORE_FOUND);
        journal_is_open(j, recipient, HOME_PRIMARY);
    }
    return NULL;
}

START_TEST(many_threads)
{
    pthread_t thread[THREADS];
    struct journal_bench b;
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, everything, b.journal), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    struct redis_journal_counts c = bench_settle(&b);
    ck_assert_uint_eq(c.written, THREADS * (2 * TURNS + TURNS / 5));
    ck_assert_int_eq(bench_number("return redis.call('XLEN', 'coexist:events')"), THREADS * TURNS);
    ck_assert_int_eq(bench_number("return redis.call('ZCARD', 'coexist:breaker')"), 10);
    ck_assert_uint_eq(c.open, 10);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_journal");
    TCase *tc = tcase_create("redis_journal");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, events_stand_in_the_stream);
    tcase_add_test(tc, most_fields_at_once);
    tcase_add_test(tc, the_stream_is_trimmed);
    tcase_add_test(tc, entries_go_in_batches);
    tcase_add_test(tc, entries_wait_for_the_server);
    tcase_add_test(tc, what_was_on_its_way_is_written_once_or_twice);
    tcase_add_test(tc, a_server_that_hangs_holds_nobody_up);
    tcase_add_test(tc, closing_writes_what_waits);
    tcase_add_test(tc, closing_drops_what_cannot_be_written);
    tcase_add_test(tc, a_stopped_journal_tells_its_counts);
    tcase_add_test(tc, parts_can_be_off);
    tcase_add_test(tc, keys_too_long_are_dropped);
    tcase_add_test(tc, many_threads);
    suite_add_tcase(suite, tc);
    return suite;
}
