#include "tests/support/unit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "state/deadline.h"
#include "state/redis_client.h"
#include "tests/support/fake_redis.h"
#include "tests/support/redis_server.h"

/* Exchanges of any commands. Outages, threads and time limits: test_redis_store.c. */

#define AMPLE_MS 20000
#define READY_S 30
#define COMMANDS_MAX 8

/* A client and the target that it borrows. */
struct rig {
    struct redis_target *target;
    struct redis_client *client;
};

static struct rig rig_at(const char *path)
{
    const struct redis_config config = { .path = path,
                                         .prefix = "coexist:",
                                         .connect_timeout_ms = AMPLE_MS,
                                         .command_timeout_ms = AMPLE_MS };
    struct rig rig = { .target = redis_target_new(&config) };
    ck_assert_ptr_nonnull(rig.target);
    rig.client = redis_client_new(rig.target);
    ck_assert_ptr_nonnull(rig.client);
    ck_assert_ptr_eq(redis_client_target(rig.client), rig.target);
    return rig;
}

static void rig_end(struct rig *rig)
{
    redis_client_free(rig->client);
    redis_target_free(rig->target);
}

/* What was asked, and what came: a word of each command, NULL for one that is left out. */
struct script {
    const char *command[COMMANDS_MAX][3];
    unsigned added[COMMANDS_MAX];
    char answer[COMMANDS_MAX][32]; /* "" while there is none */
    size_t untrusted;              /* the answer, counted from 1, that is not believed */
};

static bool add(void *arg, size_t i, struct redis_connection *c)
{
    struct script *s = arg;
    struct span word[3];
    size_t words = 0;
    for (; words < 3 && s->command[i][words]; words++)
        word[words] = span_of(s->command[i][words]);
    if (words == 0)
        return false;
    redis_connection_add(c, word, words);
    s->added[i]++;
    return true;
}

static bool answer(void *arg, size_t i, const struct redis_reply *r)
{
    struct script *s = arg;
    enum redis_reply_kind kind = redis_reply_kind(r);
    ck_assert_str_eq(s->answer[i], "");
    if (kind == REDIS_NUMBER)
        snprintf(s->answer[i], sizeof(s->answer[i]), "%d", (int)redis_reply_number(r));
    else if (kind == REDIS_TOO_LONG)
        strcpy(s->answer[i], "too long");
    else if (kind == REDIS_NIL)
        strcpy(s->answer[i], "nil");
    else
        snprintf(s->answer[i], sizeof(s->answer[i]), "%.*s", SPAN_ARG(redis_reply_text(r)));
    return s->untrusted != i + 1;
}

static bool run(struct rig *rig, struct script *s, size_t n, char why[RECORD_FAULT_MAX])
{
    const struct redis_exchange x = { n, add, answer, s };
    return redis_client_run(rig->client, &x, why);
}

static void assert_ping(struct rig *rig)
{
    struct script s = { .command = { { "PING" } } };
    char why[RECORD_FAULT_MAX];
    ck_assert_msg(run(rig, &s, 1, why), "%s", why);
    ck_assert_str_eq(s.answer[0], "PONG");
}

START_TEST(answers_belong_to_their_commands)
{
    struct redis_server server;
    char why[RECORD_FAULT_MAX];
    redis_server_init(&server);
    redis_server_start(&server, NULL);
    struct rig rig = rig_at(server.path);
    struct script s = { .command = { { "SET", "a", "1" },
                                     { NULL },
                                     { "INCR", "a" },
                                     { "GET", "none" },
                                     { NULL },
                                     { "LPUSH", "a", "x" },
                                     { "GET", "a" },
                                     { NULL } } };
    ck_assert_msg(run(&rig, &s, 8, why), "%s", why);
    static const char *const want[] = { "OK", "", "2", "nil", "", "WRONGTYPE Operation against a k",
                                        "2",  "" };
    for (size_t i = 0; i < COUNT_OF(want); i++)
        ck_assert_str_eq(s.answer[i], want[i]);
    struct script none = { .command = { { NULL } } };
    ck_assert(run(&rig, &none, 2, why));
    ck_assert(run(&rig, &none, 0, why));
    assert_ping(&rig);
    rig_end(&rig);
    redis_server_free(&server);
    redis_client_free(NULL);
}
END_TEST

START_TEST(answer_not_believed_ends_the_exchange)
{
    static const struct fake_step script[] = { { "+PONG\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    char why[RECORD_FAULT_MAX];
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct rig rig = rig_at(fake.path);
    struct script s = { .command = { { "PING" }, { "PING" }, { "PING" } }, .untrusted = 2 };
    ck_assert(!run(&rig, &s, 3, why));
    ck_assert_str_eq(why, "unexpected type of answer");
    ck_assert_str_eq(s.answer[1], "PONG");
    ck_assert_str_eq(s.answer[2], "");
    rig_end(&rig);
    fake_redis_stop(&fake);
}
END_TEST

/* The commands behind it are sent again, on another connection. */
START_TEST(answer_too_long_is_handed_on)
{
    static const struct fake_step script[] = { { "+PONG\r\n", 0, FAKE_GO_ON },
                                               { "*99999999\r\n", 0, FAKE_SILENT },
                                               { "+PONG\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    char why[RECORD_FAULT_MAX];
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct rig rig = rig_at(fake.path);
    struct script s = { .command = { { "PING" }, { "PING" }, { NULL }, { "PING" } } };
    ck_assert_msg(run(&rig, &s, 4, why), "%s", why);
    ck_assert_str_eq(s.answer[0], "PONG");
    ck_assert_str_eq(s.answer[1], "too long");
    ck_assert_str_eq(s.answer[3], "PONG");
    ck_assert_uint_eq(s.added[0], 1);
    ck_assert_uint_eq(s.added[3], 2);
    ck_assert_uint_eq(fake.connections, 2);
    rig_end(&rig);
    fake_redis_stop(&fake);
}
END_TEST

static const struct kept_case {
    const char *text;
    unsigned connections; /* after a second exchange */
} kept_cases[] = {
    { "+PONG\r\n", 1 },
    { "-WRONGTYPE Operation against a key\r\n", 1 },
    { "-READONLY You can't write against a read only replica.\r\n", 2 },
    { "-NOPERM this user\r\n", 2 },
    { "-\r\n", 2 },
    { "+PONG\r\n+MORE\r\n", 2 },
};

START_TEST(connections_are_kept_where_all_went_well)
{
    const struct kept_case *k = &kept_cases[_i];
    const struct fake_step script[] = { { k->text, 0, FAKE_GO_ON },
                                        { "+PONG\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    char why[RECORD_FAULT_MAX];
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct rig rig = rig_at(fake.path);
    struct script s = { .command = { { "PING" } } };
    ck_assert_msg(run(&rig, &s, 1, why), "%s", why);
    assert_ping(&rig);
    ck_assert_uint_eq(fake.connections, k->connections);
    rig_end(&rig);
    fake_redis_stop(&fake);
}
END_TEST

static void assert_open(const struct fake_redis *fake, unsigned want)
{
    time_t end = time(NULL) + READY_S;
    while (atomic_load(&fake->open) != want) {
        ck_assert_msg(time(NULL) < end, "%u open, want %u", atomic_load(&fake->open), want);
        poll(NULL, 0, 5);
    }
}

START_TEST(retired_connections_are_replaced)
{
    static const struct fake_step script[] = { { "+PONG\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct rig rig = rig_at(fake.path);
    redis_client_retire(rig.client);
    assert_ping(&rig);
    assert_ping(&rig);
    ck_assert_uint_eq(fake.connections, 1);
    redis_client_retire(rig.client);
    assert_open(&fake, 0);
    assert_ping(&rig);
    assert_ping(&rig);
    ck_assert_uint_eq(fake.connections, 2);
    rig_end(&rig);
    fake_redis_stop(&fake);
}
END_TEST

/* Retires the client in the middle of its own exchange. */
static bool answer_and_retire(void *arg, size_t i, const struct redis_reply *r)
{
    const struct rig *rig = arg;
    (void)i;
    (void)r;
    redis_client_retire(rig->client);
    return true;
}

static bool add_ping(void *arg, size_t i, struct redis_connection *c)
{
    const struct span word = SPAN_LIT("PING");
    (void)arg;
    (void)i;
    redis_connection_add(c, &word, 1);
    return true;
}

START_TEST(connection_retired_in_use_is_closed_after_it)
{
    static const struct fake_step script[] = { { "+PONG\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    char why[RECORD_FAULT_MAX];
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct rig rig = rig_at(fake.path);
    const struct redis_exchange x = { 2, add_ping, answer_and_retire, &rig };
    ck_assert_msg(redis_client_run(rig.client, &x, why), "%s", why);
    assert_open(&fake, 0);
    ck_assert_uint_eq(fake.connections, 1);
    rig_end(&rig);
    fake_redis_stop(&fake);
}
END_TEST

/* As after a fail-over: what the tracker hears from is what is read from. */
START_TEST(pin_decides_where_the_next_connection_goes)
{
    static const struct fake_step first[] = { { "+PONG\r\n", 0, FAKE_GO_ON } };
    static const struct fake_step second[] = { { "+PONG\r\n", 0, FAKE_GO_ON } };
    struct fake_redis old, fresh;
    char why[RECORD_FAULT_MAX];
    fake_redis_listen(&old, first, 1);
    fake_redis_listen(&fresh, second, 1);
    const struct redis_config here = { .host = "127.0.0.1",
                                       .port = old.port,
                                       .prefix = "",
                                       .connect_timeout_ms = AMPLE_MS,
                                       .command_timeout_ms = AMPLE_MS };
    struct redis_config there = here;
    there.port = fresh.port;
    struct redis_target *other = redis_target_new(&there);
    struct redis_connection *c = redis_target_connect(other, deadline_in(AMPLE_MS), why);
    ck_assert_msg(c, "%s", why);
    struct rig rig = { .target = redis_target_new(&here) };
    rig.client = redis_client_new(rig.target);
    assert_ping(&rig);
    ck_assert(redis_target_pin(rig.target, c));
    assert_ping(&rig);
    ck_assert_uint_eq(old.commands, 2);
    redis_client_retire(rig.client);
    assert_ping(&rig);
    ck_assert_uint_eq(old.commands, 2);
    ck_assert_uint_eq(fresh.commands, 1);
    rig_end(&rig);
    redis_connection_close(c);
    redis_target_free(other);
    fake_redis_stop(&old);
    fake_redis_stop(&fresh);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_client");
    TCase *tc = tcase_create("redis_client");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, answers_belong_to_their_commands);
    tcase_add_test(tc, answer_not_believed_ends_the_exchange);
    tcase_add_test(tc, answer_too_long_is_handed_on);
    tcase_add_loop_test(tc, connections_are_kept_where_all_went_well, 0, COUNT_OF(kept_cases));
    tcase_add_test(tc, retired_connections_are_replaced);
    tcase_add_test(tc, connection_retired_in_use_is_closed_after_it);
    tcase_add_test(tc, pin_decides_where_the_next_connection_goes);
    suite_add_tcase(suite, tc);
    return suite;
}
