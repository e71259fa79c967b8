#include "tests/support/unit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/redis_listener.h"
#include "tests/support/redis_server.h"
#include "tests/unit/state/fake_subscription.h"

/* Servers that do not tell what changes, or not any more. */

#define AMPLE_MS 20000 /* for what is to succeed, however slow the machine */
#define SHORT_MS 1000  /* for what is to fail, but not before its time */
#define NEVER_MS 3600000
#define OFTEN_MS 20

#define KEY "coexist:user:foo@example.com"
#define LOST "!state-lost: changes of records go unheard: "
#define HINT                                                                                       \
    "; allow the user: +client|id +client|tracking +subscribe +ping +role &__redis__:invalidate"

#define RUN(server, ...)                                                                           \
    do {                                                                                           \
        char reply_[256];                                                                          \
        redis_server_run(server, reply_, __VA_ARGS__, NULL);                                       \
    } while (0)

static struct redis_config config_at(const char *path)
{
    return (struct redis_config){ .path = path,
                                  .prefix = "coexist:",
                                  .connect_timeout_ms = AMPLE_MS,
                                  .command_timeout_ms = AMPLE_MS };
}

/* The first of the answers stand for those to PING, ROLE, CLIENT ID, CLIENT TRACKING, SUBSCRIBE. */
static const struct answer_case {
    const char *answer[5 + 1];
    enum fake_then then; /* the last of the answers, which is repeated */
    const char *event[3];
    const char *line; /* its beginning, after LOST; or NULL */
} answer_cases[] = {
    { { "-LOADING Redis is loading the dataset in memory\r\n" },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: PING: LOADING Redis is loading the dataset in memory" },
    { { "-NOAUTH Authentication required.\r\n" },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: PING: NOAUTH Authentication required." },
    { { "-ERR max number of clients reached\r\n" },
      FAKE_CLOSE,
      { "unheard here" },
      "the server does not tell them: PING: ERR max number of clients reached" },
    { { "HTTP/1.1 400 Bad Request\r\n\r\n" },
      FAKE_GO_ON,
      { "unheard away" },
      "the server is away: not an answer of Redis: " },
    { { "" }, FAKE_CLOSE, { "unheard away" }, "the server is away: the connection was closed" },
    { { ":1\r\n" },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: unexpected answer to PING" },
    { { "*999999999\r\n" },
      FAKE_SILENT,
      { "unheard here" },
      "the server does not tell them: unexpected answer to PING" },
    { { PONG },
      FAKE_CLOSE,
      { "unheard here" },
      "the server does not tell them: the connection was closed" },
    { { PONG, REPLICA("$7\r\nconnect\r\n") },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: it is a replica that has lost its master (link: connect)" },
    { { PONG, REPLICA(":1\r\n") },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: it is a replica that has lost its master (link: )" },
    { { PONG, MASTER, "+OK\r\n" },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: unexpected answer to CLIENT ID" },
    { { PONG, MASTER, ":0\r\n" },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: unexpected answer to CLIENT ID" },
    { { PONG, MASTER, "-ERR Syntax error, try CLIENT (LIST | KILL | GETNAME)\r\n" },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: CLIENT ID: ERR Syntax error; Redis 6 or later is needed" },
    { { PONG, MASTER, ID,
        "-ERR Unknown subcommand or wrong number of arguments for 'TRACKING'. Try CLIENT "
        "HELP.\r\n" },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: CLIENT TRACKING: ERR Unknown subcommand or wrong number of "
      "arguments for 'TRACKING'. Try CLIENT HELP.; Redis 6 or later is needed" },
    { { PONG, MASTER, ID, ":1\r\n" },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: unexpected answer to CLIENT TRACKING" },
    { { PONG, MASTER, ID, OK, OK },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: unexpected answer to SUBSCRIBE" },
    { { PONG, MASTER, ID, OK, "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n" },
      FAKE_GO_ON,
      { "unheard here" },
      "the server does not tell them: unexpected answer to SUBSCRIBE" },
    { { PONG, MASTER, ID, OK, (SUBSCRIBED PONG) },
      FAKE_GO_ON,
      { "heard", "unheard here" },
      "the server does not tell them: unexpected answer to PING" },
    { { PONG, MASTER, ID, OK, (SUBSCRIBED "-ERR sorry\r\n") },
      FAKE_GO_ON,
      { "heard", "unheard here" },
      "the server does not tell them: PING: ERR sorry" },
    { { PONG, MASTER, ID, OK, (SUBSCRIBED "*x\r\n") },
      FAKE_GO_ON,
      { "heard", "unheard here" },
      "the server was lost: not an answer of Redis: " },
    { { PONG, REPLICA("$9\r\nconnected\r\n"), ID, OK,
        (SUBSCRIBED MESSAGE "*2\r\n$1\r\na\r\n$2\r\nb\xc3\r\n") },
      FAKE_GO_ON,
      { "heard", "+a", "+b\xc3" },
      NULL },
    { { "-NOPERM no\r\n", "-NOPERM no\r\n", ID, OK,
        (SUBSCRIBED MESSAGE "*0\r\n"
                            "-NOPERM no\r\n" MESSAGE "*-1\r\n") },
      FAKE_GO_ON,
      { "heard", "all" },
      NULL },
    { { PONG, "*1\r\n$5\r\nslave\r\n", ID, OK,
        (SUBSCRIBED MESSAGE "*2\r\n$1\r\na\r\n:1\r\n" MESSAGE ":1\r\n") },
      FAKE_GO_ON,
      { "heard", "all", "all" },
      NULL },
};

START_TEST(answers_are_told_apart)
{
    const struct answer_case *c = &answer_cases[_i];
    struct fake_step script[COUNT_OF(c->answer)];
    struct fake_redis fake;
    struct redis_listener l;
    fake_redis_start(&fake, script, make_script(c->answer, c->then, script));
    const struct redis_config config = config_at(fake.path);
    redis_listener_init(&l, &config);
    redis_listener_start(&l, NEVER_MS);
    for (size_t i = 0; i < COUNT_OF(c->event) && c->event[i]; i++)
        redis_listener_expect(&l, c->event[i]);
    if (c->line) {
        char begin[512];
        snprintf(begin, sizeof(begin), LOST "%s", c->line);
        redis_listener_expect_line(&l, 0, begin);
    }
    redis_listener_free(&l);
    fake_redis_stop(&fake);
}
END_TEST

/* Answered by nothing, or by nothing more. */
static const struct silent_case {
    const char *answer[5 + 1];
    enum fake_then then; /* the last of the answers, which is repeated */
    const char *event;
    const char *line;
} silent_cases[] = {
    { { "" }, FAKE_SILENT, "unheard away", "the server is away: no answer in time" },
    { { PONG }, FAKE_SILENT, "unheard here", "the server does not tell them: no answer in time" },
    { { PONG, MASTER, ID },
      FAKE_SILENT,
      "unheard here",
      "the server does not tell them: no answer in time" },
    { { PONG, MASTER, ID, OK },
      FAKE_SILENT,
      "unheard here",
      "the server does not tell them: no answer in time" },
};

START_TEST(silence_is_told_apart)
{
    const struct silent_case *c = &silent_cases[_i];
    struct fake_step script[COUNT_OF(c->answer)];
    struct fake_redis fake;
    struct redis_listener l;
    char begin[512];
    fake_redis_start(&fake, script, make_script(c->answer, c->then, script));
    struct redis_config config = config_at(fake.path);
    config.command_timeout_ms = SHORT_MS;
    redis_listener_init(&l, &config);
    redis_listener_start(&l, NEVER_MS);
    redis_listener_expect(&l, c->event);
    snprintf(begin, sizeof(begin), LOST "%s", c->line);
    redis_listener_expect_line(&l, 0, begin);
    redis_listener_free(&l);
    fake_redis_stop(&fake);
}
END_TEST

#define CHANNEL_RULE "&__redis__:invalidate"

static const struct right_case {
    const char *rules[5];
    const char *refused; /* the beginning of the sentence; NULL: nothing */
} right_cases[] = {
    { { "+client|tracking", "+subscribe", "+ping", "+role", CHANNEL_RULE }, "CLIENT ID: NOPERM " },
    { { "+client|id", "+subscribe", "+ping", "+role", CHANNEL_RULE }, "CLIENT TRACKING: NOPERM " },
    { { "+client|id", "+client|tracking", "+ping", "+role", CHANNEL_RULE }, "SUBSCRIBE: NOPERM " },
    { { "+client|id", "+client|tracking", "+subscribe", "+ping", "+role" }, "SUBSCRIBE: NOPERM " },
    { { "+client|id", "+client|tracking", "+subscribe", "+role", CHANNEL_RULE }, NULL },
    { { "+client|id", "+client|tracking", "+subscribe", "+ping", CHANNEL_RULE }, NULL },
    { { "+client|id", "+client|tracking", "+subscribe", CHANNEL_RULE }, NULL },
};

static void set_user(struct redis_server *server, const struct right_case *c)
{
    const char *const *r = c->rules;
    RUN(server, "ACL", "SETUSER", "u", "reset", "on", ">p", "-@all", r[0], r[1], r[2], r[3], r[4]);
}

static void assert_refused(struct redis_listener *l, const char *refused)
{
    char begin[512];
    redis_listener_expect(l, "unheard here");
    snprintf(begin, sizeof(begin), LOST "the server does not tell them: %s", refused);
    redis_listener_expect_line(l, 0, begin);
    ck_assert_msg(strstr(l->line[0], HINT), "%s", l->line[0]);
}

/* Through many signs of life, which may be refused. */
static void assert_stays_heard(struct redis_listener *l, struct redis_server *server)
{
    redis_listener_expect(l, "heard");
    for (int i = 0; i < 20; i++) {
        RUN(server, "SET", KEY, "x");
        redis_listener_expect(l, "+" KEY);
        poll(NULL, 0, 5);
    }
    ck_assert_uint_eq(redis_listener_lines(l), 0);
}

START_TEST(rights_of_a_user)
{
    const struct right_case *c = &right_cases[_i];
    struct redis_server server;
    struct redis_listener l;
    redis_server_init(&server);
    redis_server_start(&server, NULL);
    set_user(&server, c);
    struct redis_config config = config_at(server.path);
    config.user = "u";
    config.password = "p";
    redis_listener_init(&l, &config);
    redis_listener_start(&l, OFTEN_MS);
    if (c->refused)
        assert_refused(&l, c->refused);
    else
        assert_stays_heard(&l, &server);
    redis_listener_free(&l);
    redis_server_free(&server);
}
END_TEST

START_TEST(rights_that_are_given_later_are_found_out)
{
    static const struct right_case all = {
        { "+client|id", "+client|tracking", "+subscribe", "+ping", CHANNEL_RULE }, NULL
    };
    struct redis_server server;
    struct redis_listener l;
    redis_server_init(&server);
    redis_server_start(&server, NULL);
    set_user(&server, &right_cases[1]);
    struct redis_config config = config_at(server.path);
    config.user = "u";
    config.password = "p";
    redis_listener_init(&l, &config);
    redis_listener_start(&l, NEVER_MS);
    assert_refused(&l, right_cases[1].refused);
    set_user(&server, &all);
    redis_listener_expect(&l, "heard");
    redis_listener_expect_line(&l, 1, "state-back: ");
    redis_listener_free(&l);
    redis_server_free(&server);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_tracker_refused");
    TCase *tc = tcase_create("redis_tracker_refused");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, answers_are_told_apart, 0, COUNT_OF(answer_cases));
    tcase_add_loop_test(tc, silence_is_told_apart, 0, COUNT_OF(silent_cases));
    tcase_add_loop_test(tc, rights_of_a_user, 0, COUNT_OF(right_cases));
    tcase_add_test(tc, rights_that_are_given_later_are_found_out);
    suite_add_tcase(suite, tc);
    return suite;
}
