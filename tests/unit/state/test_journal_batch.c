#include "tests/support/unit.h"

#include "state/ledger.h"
#include "tests/support/fake_redis.h"
#include "tests/unit/state/journal_bench.h"

static const struct fake_case {
    const char *what;
    struct fake_step step[6];
    unsigned commands;
    uint64_t written, refused, batches;
} fake_cases[] = {
    { "an answer", { { "$3\r\n1-1\r\n", 0, FAKE_GO_ON } }, 1, 1, 0, 1 },
    { "refused",
      { { "-ERR no\r\n", 0, FAKE_GO_ON }, { "$3\r\n1-1\r\n", 0, FAKE_GO_ON } },
      1,
      0,
      1,
      1 },
    { "not ready",
      { { "-LOADING Redis is loading\r\n", 0, FAKE_GO_ON },
        { "-BUSY running a script\r\n", 0, FAKE_GO_ON },
        { "$3\r\n1-1\r\n", 0, FAKE_GO_ON } },
      3,
      1,
      0,
      3 },
    { "lost, then a PING, then again",
      { { NULL, 0, FAKE_CLOSE },
        { "+PONG\r\n", 0, FAKE_GO_ON },
        { "$3\r\n1-1\r\n", 0, FAKE_GO_ON } },
      3,
      1,
      0,
      2 },
    { "PING until it is answered",
      { { NULL, 0, FAKE_SILENT },
        { NULL, 0, FAKE_SILENT },
        { NULL, 0, FAKE_SILENT },
        { "-NOPERM ping\r\n", 0, FAKE_GO_ON },
        { "$3\r\n1-1\r\n", 0, FAKE_GO_ON } },
      5,
      1,
      0,
      2 },
    { "not what XADD answers",
      { { ":1\r\n", 0, FAKE_GO_ON },
        { "+PONG\r\n", 0, FAKE_GO_ON },
        { "$3\r\n1-1\r\n", 0, FAKE_GO_ON } },
      3,
      1,
      0,
      2 },
};

START_TEST(answers_are_told_apart)
{
    const struct fake_case *c = &fake_cases[_i];
    struct fake_redis fake;
    struct journal_bench b;
    fake_redis_start(&fake, c->step, c->commands + 1);
    bench_open(&b, fake.path, BENCH_SHORT_MS, &bench_plain);
    bench_event(b.journal, 1);
    struct redis_journal_counts got = bench_settle(&b);
    ck_assert_msg(got.written == c->written && got.refused == c->refused, "%s: %lu, %lu", c->what,
                  (unsigned long)got.written, (unsigned long)got.refused);
    ck_assert_msg(fake.commands == c->commands && got.batches == c->batches, "%s: %u in %lu",
                  c->what, fake.commands, (unsigned long)got.batches);
    bench_close(&b);
    fake_redis_stop(&fake);
}
END_TEST

/* The first command was answered before the connection was lost: it is not sent again. */
START_TEST(what_was_answered_is_not_sent_again)
{
    static const struct fake_step step[] = { { ":12\r\n", 0, FAKE_GO_ON },
                                             { NULL, 0, FAKE_CLOSE },
                                             { "+PONG\r\n", 0, FAKE_GO_ON },
                                             { ":1\r\n", 0, FAKE_GO_ON },
                                             { "-ERR one too many\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    struct journal_bench b;
    fake_redis_start(&fake, step, COUNT_OF(step));
    bench_open(&b, fake.path, BENCH_AMPLE_MS, &bench_plain);
    bench_sent(b.journal, "x", "AAAAAAAAAAA");
    ck_assert_uint_eq(bench_settle(&b).written, 1);
    ck_assert_uint_eq(fake.commands, 4);
    bench_close(&b);
    fake_redis_stop(&fake);
}
END_TEST

static const struct refusal_case {
    const char *command[4];
    const char *say;
} refusal_cases[] = {
    { { "SET", "coexist:events", "x" },
      "1 refused, the last for coexist:events: WRONGTYPE Operation against a key holding the wrong "
      "kind of value; another type of value stands there: DEL the key" },
    { { "CONFIG", "SET", "maxmemory", "1" }, "the server's maxmemory is reached" },
    { { "REPLICAOF", "127.0.0.1", "1" }, "the state must be the master" },
};

START_TEST(refusals_are_counted_and_told_once)
{
    const struct refusal_case *c = &refusal_cases[_i];
    struct heard heard = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct redis_journal_config config = bench_plain;
    struct journal_bench b;
    char reply[256];
    bench_begin();
    config.teller = (struct teller){ bench_hear, &heard };
    redis_server_run(&server, reply, c->command[0], c->command[1], c->command[2], c->command[3],
                     NULL);
    bench_open(&b, server.path, BENCH_AMPLE_MS, &config);
    bench_event(b.journal, 1);
    ck_assert_uint_eq(bench_settle(&b).refused, 1);
    bench_events(b.journal, 2, 100);
    ck_assert_uint_eq(bench_settle(&b).refused, 100);
    bench_close(&b);
    ck_assert_msg(strstr(heard.text, c->say), "%s", heard.text);
    ck_assert_uint_eq(heard.refused, 1);
    redis_server_free(&server);
}
END_TEST

/* As the tracker does, while no Sentinel can be asked. */
static void bench_pin(struct journal_bench *b, const struct redis_config *to)
{
    const struct redis_place here = { .address.length = 0 };
    char why[RECORD_FAULT_MAX];
    struct redis_connection *c = redis_connection_open(to, &here, deadline_in(BENCH_AMPLE_MS), why);
    ck_assert_msg(c, "%s", why);
    redis_target_pin(b->target, c);
    redis_connection_close(c);
}

/* It is the old master for a moment longer, before the tracker finds the new one. */
START_TEST(what_a_fail_over_refuses_waits)
{
    const struct redis_config to = { .path = server.path,
                                     .sentinel = { { "127.0.0.1", 1 } },
                                     .sentinels = 1,
                                     .master = "mymaster",
                                     .prefix = "coexist:",
                                     .connect_timeout_ms = BENCH_AMPLE_MS,
                                     .command_timeout_ms = BENCH_AMPLE_MS };
    struct journal_bench b;
    char reply[256];
    bench_begin();
    redis_server_run(&server, reply, "REPLICAOF", "127.0.0.1", "1", NULL);
    bench_open_as(&b, &to, &bench_plain);
    bench_pin(&b, &to);
    bench_event(b.journal, 1);
    int64_t end = deadline_in(BENCH_AMPLE_MS);
    while (bench_count(&b).batches < 2 && bench_count(&b).waiting > 0 && deadline_left(end) > 0)
        poll(NULL, 0, 1);
    ck_assert_uint_eq(bench_count(&b).waiting, 1);
    redis_server_run(&server, reply, "REPLICAOF", "NO", "ONE", NULL);
    ck_assert_uint_eq(bench_settle(&b).written, 1);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

static const struct type_case {
    const char *key;
    const char *make; /* a script for k */
    uint64_t refused;
    bool open;
} type_cases[] = {
    { "coexist:events", "redis.call('SET', k, 'x')", 1, true },
    { "coexist:ledger:______________________", "redis.call('HSET', k, 'a', 'b')", 1, true },
    { "coexist:strikes:primary:foo@example.com", "redis.call('HSET', k, 'a', 'b')", 3, false },
    { "coexist:strikes:primary:foo@example.com", "redis.call('SET', k, 'x')", 3, false },
    { "coexist:strikes:primary:foo@example.com", "redis.call('SET', k, -100)", 0, false },
    { "coexist:strikes:primary:foo@example.com", "redis.call('SET', k, 9007199254740993)", 0,
      true },
    { "coexist:strikes:primary:foo@example.com", "redis.call('SET', k, '9223372036854775807')", 3,
      false },
    { "coexist:breaker", "redis.call('SET', k, 'x')", 1, true },
    { "coexist:breaker", "redis.call('HSET', k, 'primary foo@example.com', '9999999999')", 1,
      true },
};

START_TEST(other_types_are_refused)
{
    const struct type_case *c = &type_cases[_i];
    struct journal_bench b;
    char text[256];
    bench_begin();
    bench_open(&b, server.path, BENCH_AMPLE_MS, &bench_ample);
    snprintf(text, sizeof(text), "local k = '%s' %s", c->key, c->make);
    bench_run(text);
    redis_journal_reread(b.journal);
    bench_event(b.journal, 1);
    bench_sent(b.journal, "", "AAAAAAAAAAA");
    for (unsigned i = 0; i < LIMIT; i++)
        journal_struck(b.journal, FOO, HOME_PRIMARY);
    struct redis_journal_counts got = bench_settle(&b);
    ck_assert_msg(got.refused == c->refused, "%s: %lu", c->make, (unsigned long)got.refused);
    ck_assert_uint_eq(got.written, 1 + 1 + LIMIT - c->refused);
    ck_assert_msg(journal_is_open(b.journal, FOO, HOME_PRIMARY) == c->open, "%s", c->make);
    bench_close(&b);
    redis_server_free(&server);
}
END_TEST

static const char *const acl_commands[] = {
    "xadd", "append", "expire",           "getrange",         "set",
    "incr", "zadd",   "zremrangebyscore", "zrevrangebyscore",
};

/* Allows all of them but one. */
static void allow_all_but(size_t one)
{
    char reply[256], word[COUNT_OF(acl_commands)][32];
    for (size_t i = 0; i < COUNT_OF(acl_commands); i++)
        snprintf(word[i], sizeof(word[i]), "%c%s", i == one ? '-' : '+', acl_commands[i]);
    redis_server_run(&server, reply, "ACL", "SETUSER", "mail", "reset", "on", ">secret",
                     "~coexist:*", "+ping", word[0], word[1], word[2], word[3], word[4], word[5],
                     word[6], word[7], word[8], NULL);
}

/* With the commands that complaint.c names all goes well, and without any of them it does not. */
START_TEST(these_commands_must_be_allowed)
{
    const size_t all = COUNT_OF(acl_commands);
    struct heard heard = { .lock = PTHREAD_MUTEX_INITIALIZER };
    struct redis_journal_config config = bench_ample;
    struct journal_bench b;
    char why[RECORD_FAULT_MAX];
    bench_begin();
    allow_all_but((size_t)_i);
    const struct redis_config user = { .path = server.path,
                                       .user = "mail",
                                       .password = "secret",
                                       .prefix = "coexist:",
                                       .connect_timeout_ms = BENCH_AMPLE_MS,
                                       .command_timeout_ms = BENCH_AMPLE_MS };
    config.teller = (struct teller){ bench_hear, &heard };
    bench_open_as(&b, &user, &config);
    bench_event(b.journal, 1);
    for (unsigned i = 0; i <= LEDGER_OCTETS_MAX / 2; i++)
        bench_sent(b.journal, "", "");
    bench_strike(&b, FOO, LIMIT);
    struct redis_journal_counts c = bench_settle(&b);
    struct journal_query q = bench_ask(b.journal, "", "", why);
    bench_close(&b);
    bool good = c.refused == 0 && heard.refused == 0 && q.answer == STORE_FOUND;
    ck_assert_msg(good == ((size_t)_i == all), "without %s: %s",
                  (size_t)_i < all ? acl_commands[_i] : "any", heard.text);
    if ((size_t)_i < all && q.answer == STORE_FOUND)
        ck_assert_msg(strstr(heard.text, "the user's ACL must allow +xadd"), "%s", heard.text);
    redis_server_free(&server);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("journal_batch");
    TCase *tc = tcase_create("journal_batch");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, answers_are_told_apart, 0, COUNT_OF(fake_cases));
    tcase_add_test(tc, what_was_answered_is_not_sent_again);
    tcase_add_loop_test(tc, refusals_are_counted_and_told_once, 0, COUNT_OF(refusal_cases));
    tcase_add_test(tc, what_a_fail_over_refuses_waits);
    tcase_add_loop_test(tc, other_types_are_refused, 0, COUNT_OF(type_cases));
    tcase_add_loop_test(tc, these_commands_must_be_allowed, 0, COUNT_OF(acl_commands) + 1);
    suite_add_tcase(suite, tc);
    return suite;
}
