#include "tests/support/unit.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/support/redis_listener.h"
#include "tests/support/redis_server.h"
#include "tests/unit/state/fake_subscription.h"

/* What is heard, and what is said of a server that is lost. What a tracker makes of servers that
 * are no good: test_redis_tracker_refused.c. */

#define AMPLE_MS 20000 /* for what is to succeed, however slow the machine */
#define NEVER_MS 3600000
#define SHORT_MS 1000
#define OFTEN_MS 20

#define KEY "coexist:user:foo@example.com"

struct stage {
    struct redis_server server;
    struct redis_listener l;
};

static struct redis_config config_at(const char *path, unsigned command_ms)
{
    return (struct redis_config){ .path = path,
                                  .prefix = "coexist:",
                                  .connect_timeout_ms = AMPLE_MS,
                                  .command_timeout_ms = command_ms };
}

static void begin_with(struct stage *s, unsigned command_ms, unsigned interval_ms)
{
    redis_server_init(&s->server);
    redis_server_start(&s->server, NULL);
    const struct redis_config config = config_at(s->server.path, command_ms);
    redis_listener_init(&s->l, &config);
    redis_listener_start(&s->l, interval_ms);
    redis_listener_expect(&s->l, "heard");
}

static void begin(struct stage *s)
{
    begin_with(s, AMPLE_MS, NEVER_MS);
}

static void end(struct stage *s)
{
    redis_listener_free(&s->l);
    redis_server_free(&s->server);
}

#define RUN(server, ...)                                                                           \
    do {                                                                                           \
        char reply_[256];                                                                          \
        redis_server_run(server, reply_, __VA_ARGS__, NULL);                                       \
    } while (0)

static void set(struct stage *s, const char *key)
{
    char event[256];
    snprintf(event, sizeof(event), "+%s", key);
    RUN(&s->server, "HSET", key, "home", "primary");
    redis_listener_await(&s->l, event);
}

START_TEST(changes_of_a_key_are_heard)
{
    struct stage s;
    begin(&s);
    RUN(&s.server, "HSET", KEY, "home", "primary");
    redis_listener_expect(&s.l, "+" KEY);
    RUN(&s.server, "HSET", KEY, "note", "x");
    redis_listener_expect(&s.l, "+" KEY);
    RUN(&s.server, "HDEL", KEY, "note");
    redis_listener_expect(&s.l, "+" KEY);
    RUN(&s.server, "DEL", KEY);
    redis_listener_expect(&s.l, "+" KEY);
    RUN(&s.server, "HSET", "coexist:group:sales", "home", "primary");
    redis_listener_expect(&s.l, "+coexist:group:sales");
    end(&s);
}
END_TEST

/* In either order. */
START_TEST(both_names_of_a_renamed_key_are_heard)
{
    static const char *const renamed[][2] = { { KEY, "coexist:group:g" },
                                              { "coexist:group:g", KEY } };
    struct stage s;
    begin(&s);
    set(&s, KEY);
    for (size_t i = 0; i < COUNT_OF(renamed); i++) {
        RUN(&s.server, "RENAME", renamed[i][0], renamed[i][1]);
        size_t first = s.l.next;
        redis_listener_await(&s.l, "+" KEY);
        s.l.next = first;
        redis_listener_await(&s.l, "+coexist:group:g");
        s.l.next = first + 2;
    }
    end(&s);
}
END_TEST

START_TEST(expiry_is_heard)
{
    struct stage s;
    begin(&s);
    set(&s, KEY);
    RUN(&s.server, "PEXPIRE", KEY, "30");
    redis_listener_expect(&s.l, "+" KEY);
    redis_listener_expect(&s.l, "+" KEY);
    end(&s);
}
END_TEST

START_TEST(eviction_is_heard)
{
    struct stage s;
    begin(&s);
    set(&s, KEY);
    RUN(&s.server, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    RUN(&s.server, "CONFIG", "SET", "maxmemory", "1");
    redis_listener_expect(&s.l, "+" KEY);
    end(&s);
}
END_TEST

START_TEST(keys_with_other_prefixes_are_not_told)
{
    static const char *const others[] = { "coexist:ledger:x", "coexist:use", "other", "coexist:" };
    struct stage s;
    begin(&s);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        RUN(&s.server, "HSET", others[i], "home", "primary");
    RUN(&s.server, "HSET", KEY, "home", "primary");
    redis_listener_expect(&s.l, "+" KEY);
    end(&s);
}
END_TEST

START_TEST(a_flush_is_a_change_of_all)
{
    struct stage s;
    begin(&s);
    RUN(&s.server, "FLUSHALL");
    redis_listener_expect(&s.l, "all");
    RUN(&s.server, "FLUSHDB");
    redis_listener_expect(&s.l, "all");
    end(&s);
}
END_TEST

#define SCRIPT                                                                                     \
    "for i = 1, ARGV[1] do redis.call('HSET', 'coexist:user:' .. i .. string.rep('x', ARGV[2]), "  \
    "'home', 'primary') end"

START_TEST(many_keys_changed_at_once_are_heard)
{
    struct stage s;
    begin(&s);
    RUN(&s.server, "EVAL", SCRIPT, "0", "1000", "0");
    bool told[1001] = { false };
    for (int i = 0; i < 1000; i++) {
        unsigned long number =
            strtoul(redis_listener_next(&s.l, "a user") + strlen("+coexist:user:"), NULL, 10);
        ck_assert_uint_ge(number, 1);
        ck_assert_uint_le(number, 1000);
        ck_assert(!told[number]);
        told[number] = true;
    }
    set(&s, KEY);
    end(&s);
}
END_TEST

/* Each message passes one of the caps of a reply. */
START_TEST(too_many_keys_are_a_change_of_all)
{
    static const char *const sizes[][2] = { { "70000", "0" }, { "3000", "1000" } };
    struct stage s;
    begin(&s);
    RUN(&s.server, "EVAL", SCRIPT, "0", sizes[_i][0], sizes[_i][1]);
    redis_listener_expect(&s.l, "all");
    redis_listener_expect(&s.l, "unheard here");
    redis_listener_expect(&s.l, "heard");
    set(&s, KEY);
    end(&s);
}
END_TEST

/* Anybody who may can publish there. */
START_TEST(what_others_publish_changes_nothing_for_the_worse)
{
    struct stage s;
    begin(&s);
    RUN(&s.server, "PUBLISH", "__redis__:invalidate", KEY);
    redis_listener_expect(&s.l, "+" KEY);
    set(&s, KEY);
    end(&s);
}
END_TEST

START_TEST(a_connection_that_is_cut_is_made_again)
{
    struct stage s;
    begin(&s);
    RUN(&s.server, "CLIENT", "KILL", "TYPE", "pubsub");
    redis_listener_expect(&s.l, "unheard here");
    redis_listener_expect(&s.l, "heard");
    set(&s, KEY);
    redis_listener_expect_line(&s.l, 0,
                               "!state-lost: changes of records go unheard: the server was "
                               "lost: the connection was closed");
    redis_listener_expect_line(&s.l, 1, "state-back: changes of records are heard again, after ");
    end(&s);
    ck_assert_uint_eq(s.l.lines, 2);
}
END_TEST

START_TEST(a_server_that_was_killed_is_heard_when_it_is_back)
{
    struct stage s;
    begin(&s);
    redis_server_kill(&s.server);
    redis_listener_expect(&s.l, "unheard here");
    redis_listener_expect(&s.l, "unheard away");
    redis_server_start(&s.server, NULL);
    redis_listener_await(&s.l, "heard");
    set(&s, KEY);
    redis_listener_expect_line(&s.l, 1, "state-back: ");
    end(&s);
}
END_TEST

START_TEST(a_server_that_was_not_there_yet_is_heard_when_it_is)
{
    struct stage s;
    redis_server_init(&s.server);
    const struct redis_config config = config_at(s.server.path, AMPLE_MS);
    redis_listener_init(&s.l, &config);
    redis_listener_start(&s.l, 0);
    redis_listener_expect(&s.l, "unheard away");
    redis_listener_expect_line(&s.l, 0,
                               "!state-lost: changes of records go unheard: the server is "
                               "away: connect: No such file or directory");
    redis_server_start(&s.server, NULL);
    redis_listener_await(&s.l, "heard");
    set(&s, KEY);
    end(&s);
}
END_TEST

START_TEST(a_server_that_does_not_answer_is_away)
{
    struct stage s;
    begin_with(&s, SHORT_MS, OFTEN_MS);
    redis_server_signal(&s.server, SIGSTOP);
    redis_listener_expect(&s.l, "unheard away");
    redis_listener_expect_line(&s.l, 0,
                               "!state-lost: changes of records go unheard: the server is "
                               "away: no answer in time");
    redis_server_signal(&s.server, SIGCONT);
    redis_listener_await(&s.l, "heard");
    set(&s, KEY);
    end(&s);
}
END_TEST

/* With many signs of life on the way. */
START_TEST(a_server_that_answers_stays_heard)
{
    struct stage s;
    char name[64];
    begin_with(&s, AMPLE_MS, 1);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "+coexist:user:%d", i);
        RUN(&s.server, "HSET", name + 1, "home", "primary");
        redis_listener_expect(&s.l, name);
        poll(NULL, 0, 1);
    }
    end(&s);
    ck_assert_uint_eq(s.l.lines, 0);
}
END_TEST

/* ROLE is refused too, and thus asked for once: all else that comes is a PING. */
START_TEST(signs_of_life_are_asked_for_again_and_again)
{
    static const char *const answer[] = {
        PONG, MASTER, ID, OK, SUBSCRIBED, "-NOPERM no\r\n", NULL
    };
    struct fake_step script[COUNT_OF(answer)];
    struct fake_redis fake;
    struct redis_listener l;
    time_t limit = time(NULL) + 60;
    fake_redis_start(&fake, script, make_script(answer, FAKE_GO_ON, script));
    const struct redis_config config = config_at(fake.path, AMPLE_MS);
    redis_listener_init(&l, &config);
    redis_listener_start(&l, 1);
    redis_listener_expect(&l, "heard");
    while (atomic_load(&fake.commands) < 5 + 1 + 5) {
        ck_assert(time(NULL) < limit);
        poll(NULL, 0, 1);
    }
    redis_listener_free(&l);
    fake_redis_stop(&fake);
    ck_assert_uint_eq(l.events, 1);
    ck_assert_uint_eq(l.lines, 0);
}
END_TEST

/* Messages that go on coming, octet by octet, for longer than the answer to a PING may take. */
START_TEST(messages_are_signs_of_life)
{
    static const char *const answer[] = { PONG, MASTER,     ID,
                                          OK,   SUBSCRIBED, (MESSAGE "*1\r\n$1\r\na\r\n"),
                                          NULL };
    struct fake_step script[COUNT_OF(answer)];
    struct fake_redis fake;
    struct redis_listener l;
    fake_redis_start(&fake, script, make_script(answer, FAKE_TRICKLE, script));
    const struct redis_config config = config_at(fake.path, SHORT_MS);
    redis_listener_init(&l, &config);
    redis_listener_start(&l, OFTEN_MS);
    redis_listener_expect(&l, "heard");
    for (int i = 0; i < 15; i++)
        redis_listener_expect(&l, "+a");
    redis_listener_free(&l);
    fake_redis_stop(&fake);
}
END_TEST

static void change(void *stage)
{
    struct stage *s = stage;
    RUN(&s->server, "HSET", KEY, "home", "primary");
}

/* The change comes from within heard(), so that no other can come earlier. */
START_TEST(each_change_after_heard_is_delivered)
{
    struct stage s;
    redis_server_init(&s.server);
    redis_server_start(&s.server, NULL);
    const struct redis_config config = config_at(s.server.path, AMPLE_MS);
    redis_listener_init(&s.l, &config);
    s.l.on_heard = change;
    s.l.arg = &s;
    redis_listener_start(&s.l, NEVER_MS);
    for (int i = 0; i < 6; i++) {
        redis_listener_await(&s.l, "heard");
        redis_listener_expect(&s.l, "+" KEY);
        RUN(&s.server, "CLIENT", "KILL", "TYPE", "pubsub");
        redis_listener_expect(&s.l, "unheard here");
    }
    end(&s);
}
END_TEST

static bool add_ping(void *arg, size_t i, struct redis_connection *c)
{
    (void)arg;
    (void)i;
    redis_connection_add(c, (struct span[]){ SPAN_LIT("PING") }, 1);
    return true;
}

static bool take_pong(void *arg, size_t i, const struct redis_reply *reply)
{
    (void)arg;
    (void)i;
    return redis_reply_kind(reply) == REDIS_TEXT;
}

static void wait_for_one_connection(void *fake)
{
    time_t limit = time(NULL) + 60;
    while (atomic_load(&((struct fake_redis *)fake)->open) != 1) {
        ck_assert(time(NULL) < limit);
        poll(NULL, 0, 2);
    }
}

/* That of the client, which was made before the tracker said where to, is closed. */
START_TEST(another_server_is_heard_after_connections_are_retired)
{
    static const char *const answer[] = {
        PONG /* the client's */, PONG, MASTER, ID, OK, SUBSCRIBED, NULL
    };
    struct fake_step script[COUNT_OF(answer)];
    const struct redis_exchange exchange = { .n = 1, .add = add_ping, .answer = take_pong };
    struct fake_redis fake;
    struct redis_listener l;
    char why[RECORD_FAULT_MAX];
    fake_redis_start(&fake, script, make_script(answer, FAKE_GO_ON, script));
    const struct redis_config config = config_at(fake.path, AMPLE_MS);
    redis_listener_init(&l, &config);
    ck_assert_msg(redis_client_run(l.client, &exchange, why), "%s", why);
    ck_assert_uint_eq(fake.open, 1);
    l.on_heard = wait_for_one_connection;
    l.arg = &fake;
    redis_listener_start(&l, NEVER_MS);
    redis_listener_expect(&l, "heard");
    redis_listener_free(&l);
    fake_redis_stop(&fake);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_tracker");
    TCase *tc = tcase_create("redis_tracker");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, changes_of_a_key_are_heard);
    tcase_add_test(tc, both_names_of_a_renamed_key_are_heard);
    tcase_add_test(tc, expiry_is_heard);
    tcase_add_test(tc, eviction_is_heard);
    tcase_add_test(tc, keys_with_other_prefixes_are_not_told);
    tcase_add_test(tc, a_flush_is_a_change_of_all);
    tcase_add_test(tc, many_keys_changed_at_once_are_heard);
    tcase_add_loop_test(tc, too_many_keys_are_a_change_of_all, 0, 2);
    tcase_add_test(tc, what_others_publish_changes_nothing_for_the_worse);
    tcase_add_test(tc, a_connection_that_is_cut_is_made_again);
    tcase_add_test(tc, a_server_that_was_killed_is_heard_when_it_is_back);
    tcase_add_test(tc, a_server_that_was_not_there_yet_is_heard_when_it_is);
    tcase_add_test(tc, a_server_that_does_not_answer_is_away);
    tcase_add_test(tc, a_server_that_answers_stays_heard);
    tcase_add_test(tc, signs_of_life_are_asked_for_again_and_again);
    tcase_add_test(tc, messages_are_signs_of_life);
    tcase_add_test(tc, each_change_after_heard_is_delivered);
    tcase_add_test(tc, another_server_is_heard_after_connections_are_retired);
    suite_add_tcase(suite, tc);
    return suite;
}
