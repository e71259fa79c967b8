#include "tests/support/unit.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "state/redis_pool.h"
#include "tests/support/fake_redis.h"
#include "tests/support/owned_store.h"
#include "tests/support/redis_server.h"

/* Redis away, slow, refusing and broken. What a store does in good times: test_store.c. */

#define AMPLE_MS 20000 /* for what is to succeed, however slow the machine */
#define SHORT_MS 40    /* for what is to fail */
#define RECOVERY_S 30

#define HASH "*2\r\n$4\r\nhome\r\n$7\r\nprimary\r\n"
#define STARTS(text, with) (strncmp(text, with, strlen(with)) == 0)

static struct store *store_at(const char *path, unsigned timeout_ms)
{
    const struct redis_config config = { .path = path,
                                         .prefix = "coexist:",
                                         .connect_timeout_ms = timeout_ms,
                                         .command_timeout_ms = timeout_ms };
    struct store *s = owned_store_new(&config);
    ck_assert_ptr_nonnull(s);
    return s;
}

static struct store_query query_user(const char *name)
{
    return (struct store_query){ .kind = RECORD_USER, .name = span_of(name) };
}

static struct store_query look_up(struct store *s)
{
    struct store_query q = query_user("foo@example.com");
    store_fetch(s, &q, 1);
    return q;
}

static void assert_found(struct store *s)
{
    struct store_query q = look_up(s);
    ck_assert_msg(q.answer == STORE_FOUND, "%s: %s", store_answer_name(q.answer), q.why);
    ck_assert_int_eq(q.record.home, HOME_PRIMARY);
}

static void assert_unavailable(struct store *s, const char *why)
{
    struct store_query q = look_up(s);
    ck_assert_msg(q.answer == STORE_UNAVAILABLE, "%s: %s", store_answer_name(q.answer), q.why);
    ck_assert_msg(STARTS(q.why, why), "'%s', want '%s'", q.why, why);
}

/*
 * The server fails with this reason, and a pause follows in which it is not asked. A pause can be
 * over before a slow machine comes to the next look-up, but they grow. Gives how many look-ups were
 * asked in here.
 */
static unsigned assert_pauses(struct store *s, const char *why)
{
    static const char paused[] = "not asked, after ";
    for (unsigned asked = 0; asked < 20; asked++) {
        struct store_query q = look_up(s);
        ck_assert_int_eq(q.answer, STORE_UNAVAILABLE);
        bool pause = STARTS(q.why, paused);
        const char *reason = pause ? q.why + strlen(paused) : q.why;
        ck_assert_msg(STARTS(reason, why), "'%s', want '%s'", q.why, why);
        if (pause)
            return asked;
    }
    ck_abort_msg("no pause after %s", why);
}

static void assert_recovers(struct store *s)
{
    time_t end = time(NULL) + RECOVERY_S;
    for (;;) {
        struct store_query q = look_up(s);
        if (q.answer == STORE_FOUND)
            return;
        ck_assert_int_eq(q.answer, STORE_UNAVAILABLE);
        ck_assert_msg(time(NULL) < end, "still %s", q.why);
        poll(NULL, 0, 5);
    }
}

static void add_user(struct redis_server *server)
{
    char reply[256];
    redis_server_run(server, reply, "HSET", "coexist:user:foo@example.com", "home", "primary",
                     NULL);
}

/* A server with one user in it. */
static void begin(struct redis_server *server)
{
    redis_server_init(server);
    redis_server_start(server, NULL);
    add_user(server);
}

START_TEST(absent_server_is_found_once_it_starts)
{
    struct redis_server server;
    redis_server_init(&server);
    struct store *s = store_at(server.path, AMPLE_MS);
    assert_unavailable(s, "connect: No such file or directory");
    assert_pauses(s, "connect: No such file or directory");
    redis_server_start(&server, NULL);
    add_user(&server);
    assert_recovers(s);
    store_close(s);
    redis_server_free(&server);
}
END_TEST

/* hiredis would cut the longest of these, and find the server. */
START_TEST(path_too_long_is_not_cut)
{
    static const struct fake_step script[] = { { HASH, 0, FAKE_GO_ON } };
    struct fake_redis fake;
    char path[REDIS_PATH_MAX + 3];
    fake_redis_start(&fake, script, COUNT_OF(script));
    size_t pad = REDIS_PATH_MAX + 1 - strlen(fake.path);
    memset(path, '/', pad);
    strcpy(path + pad, fake.path);
    struct store *longest = store_at(path + 1, AMPLE_MS);
    struct store *longer = store_at(path, AMPLE_MS);
    strcat(path, "x");
    struct store *cut = store_at(path, AMPLE_MS);
    assert_found(longest);
    assert_unavailable(longer, "connect: File name too long");
    assert_unavailable(cut, "connect: File name too long");
    store_close(longest);
    store_close(longer);
    store_close(cut);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(restart_between_look_ups_costs_no_answer)
{
    struct redis_server server;
    begin(&server);
    struct store *s = store_at(server.path, AMPLE_MS);
    assert_found(s);
    redis_server_kill(&server);
    unlink(server.path);
    redis_server_start(&server, NULL);
    add_user(&server);
    assert_found(s);
    store_close(s);
    redis_server_free(&server);
}
END_TEST

START_TEST(killed_server_is_unavailable_until_restarted)
{
    struct redis_server server;
    begin(&server);
    struct store *s = store_at(server.path, AMPLE_MS);
    assert_found(s);
    redis_server_kill(&server);
    assert_unavailable(s, "connect: Connection refused");
    redis_server_start(&server, NULL);
    add_user(&server);
    assert_recovers(s);
    store_close(s);
    redis_server_free(&server);
}
END_TEST

#define BATCH 600

/* So many queries that the socket does not take them all. */
static struct store_query *batch(void)
{
    static struct store_query query[BATCH];
    static char name[1024];
    memset(name, 'n', sizeof(name) - 1);
    for (int i = 0; i < BATCH; i++)
        query[i] = query_user(name);
    return query;
}

static void assert_batch_unavailable(struct store *s)
{
    struct store_query *query = batch();
    store_fetch(s, query, BATCH);
    for (int i = 0; i < BATCH; i++) {
        ck_assert_int_eq(query[i].answer, STORE_UNAVAILABLE);
        ck_assert_str_ne(query[i].why, "");
    }
}

START_TEST(stopped_server_is_unavailable_until_continued)
{
    struct redis_server server;
    begin(&server);
    struct store *s = store_at(server.path, SHORT_MS);
    struct store *another = store_at(server.path, SHORT_MS);
    assert_recovers(s);
    redis_server_signal(&server, SIGSTOP);
    assert_unavailable(s, "no answer in time");
    assert_pauses(s, "no answer in time");
    assert_batch_unavailable(another);
    redis_server_signal(&server, SIGCONT);
    assert_recovers(s);
    assert_recovers(another);
    store_close(s);
    store_close(another);
    redis_server_free(&server);
}
END_TEST

/* For what the scripted server notices in its own time. */
static void assert_comes_to(const atomic_uint *count, unsigned want, const char *what)
{
    time_t end = time(NULL) + RECOVERY_S;
    while (atomic_load(count) != want) {
        ck_assert_msg(time(NULL) < end, "%u %s, want %u", atomic_load(count), what, want);
        poll(NULL, 0, 5);
    }
}

/* Every look-up is either asked, which the server counts, or says that it was not. */
START_TEST(silent_server_is_not_asked_again_and_again)
{
    static const struct fake_step script[] = { { .then = FAKE_SILENT } };
    const unsigned look_ups = 200;
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, SHORT_MS);
    unsigned asked = 0;
    for (unsigned i = 0; i < look_ups; i++) {
        struct store_query q = look_up(s);
        ck_assert_int_eq(q.answer, STORE_UNAVAILABLE);
        asked += STARTS(q.why, "no answer");
        ck_assert(STARTS(q.why, "no answer") || STARTS(q.why, "not asked"));
    }
    ck_assert_uint_ge(asked, 1);
    ck_assert_uint_lt(asked, look_ups / 2);
    assert_comes_to(&fake.commands, asked, "commands");
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(no_connection_before_the_first_look_up)
{
    static const struct fake_step script[] = { { HASH, 0, FAKE_GO_ON } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, AMPLE_MS);
    ck_assert_uint_eq(fake.connections, 0);
    assert_found(s);
    assert_found(s);
    assert_found(s);
    ck_assert_uint_eq(fake.connections, 1);
    ck_assert_uint_eq(fake.commands, 3);
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

static const struct reply_case {
    const char *text;
    enum fake_then then;
    enum store_answer answer;
    const char *why; /* its beginning, where it ends in a blank */
    bool pause;      /* follows: the server has failed, not refused */
} reply_cases[] = {
    { "-LOADING Redis is loading the dataset in memory\r\n", FAKE_GO_ON, STORE_UNAVAILABLE,
      "LOADING Redis is loading the dataset in memory", false },
    { "-NOAUTH Authentication required.\r\n", FAKE_GO_ON, STORE_UNAVAILABLE,
      "NOAUTH Authentication required.", false },
    { "-OOM command not allowed when used memory > 'maxmemory'.\r\n", FAKE_GO_ON, STORE_UNAVAILABLE,
      "OOM command not allowed when used memory > 'maxmemory'.", false },
    { "-NOPERM no permissions\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "NOPERM no permissions", false },
    { "-MASTERDOWN Link with MASTER is down\r\n", FAKE_GO_ON, STORE_UNAVAILABLE,
      "MASTERDOWN Link with MASTER is down", false },
    { "-BUSY Redis is busy\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "BUSY Redis is busy", false },
    { "-ERR unknown command 'HGETALL', with args beginning with: 'x'\r\n", FAKE_GO_ON,
      STORE_UNAVAILABLE, "ERR unknown command 'HGETALL'", false },
    { "-\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "an error without words", false },
    { "-ERR \x01\xc3\xb6\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "ERR ???", false },
    { "-ERR max number of clients reached\r\n", FAKE_CLOSE, STORE_UNAVAILABLE,
      "ERR max number of clients reached", false },
    { "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", FAKE_GO_ON,
      STORE_BAD, "not a hash", false },
    { "*0\r\n", FAKE_GO_ON, STORE_ABSENT, "", false },
    { HASH, FAKE_GO_ON, STORE_FOUND, "", false },
    { "*999999999\r\n", FAKE_SILENT, STORE_BAD, "the record is too large to read", false },
    { ":1\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "unexpected type of answer", true },
    { "+OK\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "unexpected type of answer", true },
    { "$-1\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "unexpected type of answer", true },
    { "$3\r\nabc\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "unexpected type of answer", true },
    { "*-1\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "unexpected type of answer", true },
    { "*1\r\n$4\r\nhome\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "unexpected type of answer", true },
    { "*2\r\n:1\r\n:2\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "unexpected type of answer", true },
    { "*2\r\n$4\r\nhome\r\n*0\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "unexpected type of answer",
      true },
    { "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*0\r\n", FAKE_GO_ON, STORE_UNAVAILABLE,
      "not an answer of Redis: lists in lists", true },
    { "HTTP/1.1 400 Bad Request\r\n\r\n", FAKE_GO_ON, STORE_UNAVAILABLE,
      "not an answer of Redis: Protocol error, got \"H\" as reply type byte", true },
    { "*x\r\n", FAKE_GO_ON, STORE_UNAVAILABLE, "not an answer of Redis: ", true },
    { NULL, FAKE_CLOSE, STORE_UNAVAILABLE, "the connection was closed", true },
    { "*2\r\n$4\r\nhome\r\n$7\r\npri", FAKE_CLOSE, STORE_UNAVAILABLE, "the connection was closed",
      true },
    { "*2\r\n$4\r\nhome\r\n$7\r\nprimary", FAKE_CLOSE, STORE_UNAVAILABLE,
      "the connection was closed", true },
};

START_TEST(replies_are_told_apart)
{
    const struct reply_case *c = &reply_cases[_i];
    const struct fake_step script[] = { { c->text, 0, c->then } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, AMPLE_MS);
    struct store_query q = look_up(s);
    ck_assert_msg(q.answer == c->answer, "'%s' is %s: %s", c->text, store_answer_name(q.answer),
                  q.why);
    bool whole = c->why[0] == '\0' || c->why[strlen(c->why) - 1] != ' ';
    ck_assert_msg(whole ? strcmp(q.why, c->why) == 0 : STARTS(q.why, c->why), "'%s' is '%s'",
                  c->text, q.why);
    unsigned asked = c->pause ? 1 + assert_pauses(s, c->why) : 2;
    if (!c->pause)
        ck_assert_int_eq(look_up(s).answer, c->answer);
    ck_assert_uint_eq(fake.commands, asked);
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

/* Each octet comes long before the time-out that would begin anew with it. */
static const struct slow_case {
    const char *text;
    enum fake_then then;
} slow_cases[] = {
    { NULL, FAKE_SILENT },
    { "*2\r\n$4\r\nho", FAKE_SILENT },
    { "*2\r\n$4\r\nhome\r\n$7\r\nprimary\r", FAKE_SILENT },
    { "+a", FAKE_TRICKLE },
};

START_TEST(slow_replies_end_with_the_deadline)
{
    const struct slow_case *c = &slow_cases[_i];
    const struct fake_step script[] = { { c->text, 0, c->then } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, SHORT_MS);
    assert_unavailable(s, "no answer in time");
    assert_pauses(s, "no answer in time");
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(answers_that_came_in_time_are_kept)
{
    static const struct fake_step script[] = { { HASH, 0, FAKE_GO_ON },
                                               { "-WRONGTYPE x\r\n", 0, FAKE_GO_ON },
                                               { NULL, 0, FAKE_SILENT } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, SHORT_MS * 25);
    struct store_query q[] = { query_user("a@b"), query_user("b@b"), query_user("c@b"),
                               query_user("d@b") };
    store_fetch(s, q, COUNT_OF(q));
    ck_assert_int_eq(q[0].answer, STORE_FOUND);
    ck_assert_int_eq(q[1].answer, STORE_BAD);
    ck_assert_int_eq(q[2].answer, STORE_UNAVAILABLE);
    ck_assert_int_eq(q[3].answer, STORE_UNAVAILABLE);
    ck_assert_str_eq(q[3].why, "no answer in time");
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(reused_connection_that_dies_is_replaced)
{
    static const struct fake_step script[] = { { HASH, 0, FAKE_GO_ON },
                                               { NULL, 0, FAKE_CLOSE },
                                               { HASH, 0, FAKE_GO_ON } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, AMPLE_MS);
    assert_found(s);
    assert_found(s);
    ck_assert_uint_eq(fake.connections, 2);
    ck_assert_uint_eq(fake.commands, 3);
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(it_is_replaced_once_only)
{
    static const struct fake_step script[] = { { HASH, 0, FAKE_GO_ON }, { NULL, 0, FAKE_CLOSE } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, AMPLE_MS);
    assert_found(s);
    assert_unavailable(s, "the connection was closed");
    ck_assert_uint_eq(fake.connections, 2);
    ck_assert_uint_eq(fake.commands, 3);
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(and_not_once_it_has_begun_to_answer)
{
    static const struct fake_step script[] = { { HASH, 0, FAKE_GO_ON },
                                               { "*2\r\n$4\r\nho", 0, FAKE_CLOSE },
                                               { HASH, 0, FAKE_GO_ON } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, AMPLE_MS);
    assert_found(s);
    assert_unavailable(s, "the connection was closed");
    ck_assert_uint_eq(fake.connections, 1);
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

/* The octets behind the answer would be taken for the answer to the next query. */
START_TEST(connection_out_of_step_is_not_used_again)
{
    static const struct fake_step script[] = {
        { HASH "*2\r\n$4\r\nhome\r\n$9\r\nsecondary\r\n", 0, FAKE_GO_ON }, { HASH, 0, FAKE_GO_ON }
    };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, AMPLE_MS);
    assert_found(s);
    assert_found(s);
    ck_assert_uint_eq(fake.connections, 2);
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(server_that_closes_while_we_send_does_not_kill)
{
    static const struct fake_step script[] = { { NULL, 0, FAKE_CLOSE } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, AMPLE_MS);
    assert_batch_unavailable(s);
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(its_last_words_are_heard)
{
    static const struct fake_step script[] = { { "-ERR enough\r\n", 0, FAKE_CLOSE } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct store *s = store_at(fake.path, AMPLE_MS);
    struct store_query *query = batch();
    store_fetch(s, query, BATCH);
    ck_assert_str_eq(query[0].why, "ERR enough");
    ck_assert_str_eq(query[BATCH - 1].why, "the connection was closed");
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(records_too_large_are_bad_and_the_others_are_read)
{
    static const char *const scripts[] = {
        "return redis.call('HSET', KEYS[1], 'note', string.rep('x', 3000000))",
        "for i = 1, 40000 do redis.call('HSET', KEYS[1], 'f' .. i, 'v') end",
        "for i = 1, 4000 do redis.call('HSET', KEYS[1], 'f' .. i, 'v') end",
    };
    static const char *const whys[] = { "the record is too large to read",
                                        "the record is too large to read",
                                        "4000 fields, more than 32" };
    struct redis_server server;
    char reply[256];
    begin(&server);
    struct store *s = store_at(server.path, AMPLE_MS);
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        redis_server_run(&server, reply, "DEL", "coexist:user:big@b", NULL);
        redis_server_run(&server, reply, "EVAL", scripts[i], "1", "coexist:user:big@b", NULL);
        struct store_query q[] = { query_user("foo@example.com"), query_user("big@b"),
                                   query_user("big@b"), query_user("foo@example.com") };
        store_fetch(s, q, COUNT_OF(q));
        ck_assert_int_eq(q[0].answer, STORE_FOUND);
        ck_assert_int_eq(q[1].answer, STORE_BAD);
        ck_assert_str_eq(q[1].why, whys[i]);
        ck_assert_int_eq(q[2].answer, STORE_BAD);
        ck_assert_int_eq(q[3].answer, STORE_FOUND);
    }
    store_close(s);
    redis_server_free(&server);
}
END_TEST

/* The cap is on one reply: 100 records of 50,000 octets each pass in one exchange. */
START_TEST(many_records_together_may_be_large)
{
    static struct store_query q[100];
    struct redis_server server;
    char reply[256];
    begin(&server);
    redis_server_run(&server, reply, "EVAL",
                     "return redis.call('HSET', KEYS[1], 'note', string.rep('x', 50000))", "1",
                     "coexist:user:foo@example.com", NULL);
    struct store *s = store_at(server.path, AMPLE_MS);
    for (size_t i = 0; i < COUNT_OF(q); i++)
        q[i] = query_user("foo@example.com");
    store_fetch(s, q, COUNT_OF(q));
    for (size_t i = 0; i < COUNT_OF(q); i++)
        ck_assert_msg(q[i].answer == STORE_FOUND, "%zu: %s", i, q[i].why);
    store_close(s);
    redis_server_free(&server);
}
END_TEST

static const struct login_case {
    const char *user;
    const char *password;
    unsigned database;
    enum store_answer answer;
    const char *why;
    bool pause;
} login_cases[] = {
    { NULL, "s3cret", 0, STORE_FOUND, "", false },
    { NULL, "s3cret", 3, STORE_ABSENT, "", false },
    { "alice", "p w", 0, STORE_FOUND, "", false },
    { "open", "", 0, STORE_FOUND, "", false },
    { "least", "l", 0, STORE_FOUND, "", false },
    { "least", "l", 3, STORE_UNAVAILABLE, "SELECT: NOPERM ", true },
    { "third", "t", 3, STORE_ABSENT, "", false },
    { "bob", "p", 0, STORE_UNAVAILABLE, "NOPERM ", false },
    { NULL, NULL, 0, STORE_UNAVAILABLE, "NOAUTH ", false },
    { NULL, "wrong", 0, STORE_UNAVAILABLE, "AUTH: WRONGPASS ", true },
    { "alice", "wrong", 3, STORE_UNAVAILABLE, "AUTH: WRONGPASS ", true },
    { NULL, NULL, 3, STORE_UNAVAILABLE, "SELECT: NOAUTH ", true },
    { NULL, "s3cret", 99, STORE_UNAVAILABLE, "SELECT: ERR DB index is out of range", true },
};

static void begin_locked(struct redis_server *server)
{
    char reply[256];
    begin(server);
    redis_server_run(server, reply, "ACL", "SETUSER", "alice", "on", ">p w", "~coexist:*",
                     "+hgetall", NULL);
    redis_server_run(server, reply, "ACL", "SETUSER", "open", "on", "nopass", "~coexist:*",
                     "+hgetall", NULL);
    redis_server_run(server, reply, "ACL", "SETUSER", "bob", "on", ">p", "~other:*", "+hgetall",
                     NULL);
    redis_server_run(server, reply, "ACL", "SETUSER", "least", "reset", "on", ">l",
                     "~coexist:user:*", "~coexist:group:*", "~coexist:domain:*", "-@all",
                     "+hgetall", NULL);
    redis_server_run(server, reply, "ACL", "SETUSER", "third", "reset", "on", ">t", "~coexist:*",
                     "-@all", "+hgetall", "+select", NULL);
    redis_server_run(server, reply, "CONFIG", "SET", "requirepass", "s3cret", NULL);
}

START_TEST(passwords_users_and_databases)
{
    struct redis_server server;
    begin_locked(&server);
    for (size_t i = 0; i < COUNT_OF(login_cases); i++) {
        const struct login_case *c = &login_cases[i];
        const struct redis_config config = { .path = server.path,
                                             .user = c->user,
                                             .password = c->password,
                                             .database = c->database,
                                             .prefix = "coexist:",
                                             .connect_timeout_ms = AMPLE_MS,
                                             .command_timeout_ms = AMPLE_MS };
        struct store *s = owned_store_new(&config);
        struct store_query q = look_up(s);
        ck_assert_msg(q.answer == c->answer && STARTS(q.why, c->why), "%zu: %s: %s", i,
                      store_answer_name(q.answer), q.why);
        if (c->pause)
            assert_pauses(s, c->why);
        else
            ck_assert_int_eq(look_up(s).answer, c->answer);
        store_close(s);
    }
    redis_server_free(&server);
}
END_TEST

/* Each kind of record, by a user who may do nothing else. */
START_TEST(one_command_is_all_that_is_needed)
{
    struct redis_server server;
    begin_locked(&server);
    struct redis_config config = { .path = server.path,
                                   .user = "least",
                                   .password = "l",
                                   .prefix = "coexist:",
                                   .connect_timeout_ms = AMPLE_MS,
                                   .command_timeout_ms = AMPLE_MS };
    struct store *s = owned_store_new(&config);
    struct store_query q[] = { query_user("foo@example.com"),
                               { .kind = RECORD_GROUP, .name = SPAN_LIT("sales") },
                               { .kind = RECORD_DOMAIN, .name = SPAN_LIT("example.com") } };
    store_fetch(s, q, COUNT_OF(q));
    ck_assert_int_eq(q[0].answer, STORE_FOUND);
    ck_assert_msg(q[1].answer == STORE_ABSENT, "%s", q[1].why);
    ck_assert_msg(q[2].answer == STORE_ABSENT, "%s", q[2].why);
    store_close(s);
    config.prefix = "other:";
    s = owned_store_new(&config);
    assert_unavailable(s, "NOPERM ");
    store_close(s);
    redis_server_free(&server);
}
END_TEST

START_TEST(a_database_is_another_one)
{
    struct redis_server server;
    char reply[256];
    redis_server_init(&server);
    redis_server_start(&server, NULL);
    redis_server_run(
        &server, reply, "EVAL",
        "redis.call('SELECT', 3) return redis.call('HSET', KEYS[1], 'home', 'primary')", "1",
        "coexist:user:foo@example.com", NULL);
    struct redis_config config = { .path = server.path,
                                   .database = 3,
                                   .prefix = "coexist:",
                                   .connect_timeout_ms = AMPLE_MS,
                                   .command_timeout_ms = AMPLE_MS };
    struct store *third = owned_store_new(&config);
    config.database = 0;
    struct store *first = owned_store_new(&config);
    assert_found(third);
    assert_found(third);
    ck_assert_int_eq(look_up(first).answer, STORE_ABSENT);
    store_close(third);
    store_close(first);
    redis_server_free(&server);
}
END_TEST

#define THREADS 40

struct crowd {
    struct store *store;
    unsigned look_ups;
    atomic_uint answers[STORE_BAD + 1];
    pthread_t thread[THREADS];
    unsigned threads;
};

static void *crowd_member(void *crowd)
{
    struct crowd *c = crowd;
    for (unsigned i = 0; i < c->look_ups; i++)
        atomic_fetch_add(&c->answers[look_up(c->store).answer], 1);
    return NULL;
}

static void crowd_start(struct crowd *c, unsigned threads)
{
    for (; c->threads < threads; c->threads++)
        ck_assert_int_eq(pthread_create(&c->thread[c->threads], NULL, crowd_member, c), 0);
}

static void crowd_end(struct crowd *c)
{
    while (c->threads > 0)
        pthread_join(c->thread[--c->threads], NULL);
}

static void crowd_run(struct crowd *c, unsigned threads)
{
    crowd_start(c, threads);
    crowd_end(c);
}

START_TEST(many_threads_at_once)
{
    struct redis_server server;
    begin(&server);
    struct crowd c = { .store = store_at(server.path, AMPLE_MS), .look_ups = 500 };
    crowd_run(&c, 16);
    ck_assert_uint_eq(c.answers[STORE_FOUND], 16 * 500);
    store_close(c.store);
    redis_server_free(&server);
}
END_TEST

/* No answer comes before all connections are in use; the other threads get theirs after that. */
START_TEST(threads_wait_for_a_connection)
{
    static const struct fake_step script[] = { { HASH, 0, FAKE_GO_ON } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    fake.gate = REDIS_CONNECTIONS_MAX;
    struct crowd c = { .store = store_at(fake.path, AMPLE_MS), .look_ups = 3 };
    crowd_run(&c, THREADS);
    ck_assert_uint_eq(c.answers[STORE_FOUND], THREADS * 3);
    ck_assert_uint_eq(fake.connections, REDIS_CONNECTIONS_MAX);
    store_close(c.store);
    fake_redis_stop(&fake);
}
END_TEST

/* All connections are held by threads that have much longer to wait, for the answer to AUTH. */
START_TEST(but_not_for_ever)
{
    static const struct fake_step script[] = { { .then = FAKE_SILENT } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    const struct redis_config config = { .path = fake.path,
                                         .password = "p",
                                         .prefix = "coexist:",
                                         .connect_timeout_ms = 3 * AMPLE_MS,
                                         .command_timeout_ms = SHORT_MS };
    struct crowd c = { .store = owned_store_new(&config), .look_ups = 1 };
    for (unsigned i = 1; i <= REDIS_CONNECTIONS_MAX; i++) {
        crowd_start(&c, i);
        assert_comes_to(&fake.commands, i, "commands");
    }
    assert_unavailable(c.store, "all 16 connections in use");
    ck_assert_uint_eq(fake.connections, REDIS_CONNECTIONS_MAX);
    fake_redis_stop(&fake);
    crowd_end(&c);
    ck_assert_uint_eq(c.answers[STORE_UNAVAILABLE], REDIS_CONNECTIONS_MAX);
    store_close(c.store);
}
END_TEST

/* One connection dies in use: those that lie idle are no better, and are closed with it. */
START_TEST(idle_connections_go_with_one_that_died)
{
    static struct fake_step script[REDIS_CONNECTIONS_MAX + 2];
    for (size_t i = 0; i < COUNT_OF(script); i++)
        script[i] = (struct fake_step){ HASH, 0, FAKE_GO_ON };
    script[REDIS_CONNECTIONS_MAX] = (struct fake_step){ NULL, 0, FAKE_CLOSE };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    fake.gate = REDIS_CONNECTIONS_MAX;
    struct crowd c = { .store = store_at(fake.path, AMPLE_MS), .look_ups = 1 };
    crowd_run(&c, REDIS_CONNECTIONS_MAX);
    ck_assert_uint_eq(fake.open, REDIS_CONNECTIONS_MAX);
    assert_found(c.store);
    assert_comes_to(&fake.open, 1, "open connections");
    store_close(c.store);
    fake_redis_stop(&fake);
}
END_TEST

/* Accepts a connection, and says the answer that will be asked for. */
static int answer_one(int listener)
{
    struct pollfd p = { .fd = listener, .events = POLLIN };
    ck_assert_int_eq(poll(&p, 1, AMPLE_MS), 1);
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(send(fd, HASH, strlen(HASH), MSG_NOSIGNAL), (ssize_t)strlen(HASH));
    return fd;
}

START_TEST(connection_that_spoke_while_idle_is_not_used_again)
{
    struct redis_server folder;
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    redis_server_init(&folder);
    strcpy(at.sun_path, folder.path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(listen(listener, 2), 0);
    struct crowd c = { .store = store_at(folder.path, AMPLE_MS), .look_ups = 1 };
    crowd_start(&c, 1);
    int first = answer_one(listener);
    crowd_end(&c);
    ck_assert_int_eq(send(first, "*0\r\n", 4, MSG_NOSIGNAL), 4);
    crowd_start(&c, 1);
    int second = answer_one(listener);
    crowd_end(&c);
    ck_assert_uint_eq(c.answers[STORE_FOUND], 2);
    store_close(c.store);
    close(second);
    close(first);
    close(listener);
    redis_server_free(&folder);
}
END_TEST

static struct store *store_on(const char *host, unsigned port, unsigned timeout_ms)
{
    const struct redis_config config = { .host = host,
                                         .port = port,
                                         .prefix = "coexist:",
                                         .connect_timeout_ms = timeout_ms,
                                         .command_timeout_ms = timeout_ms };
    struct store *s = owned_store_new(&config);
    ck_assert_ptr_nonnull(s);
    return s;
}

START_TEST(server_on_a_port)
{
    struct redis_server server;
    unsigned port;
    char number[16];
    close(listen_on_loopback(1, &port));
    snprintf(number, sizeof(number), "%u", port);
    const char *const options[] = { "--port", number, "--bind", "127.0.0.1", NULL };
    redis_server_init(&server);
    redis_server_start(&server, options);
    add_user(&server);
    static const char *const hosts[] = { "127.0.0.1", "localhost" };
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct store *s = store_on(hosts[i], port, AMPLE_MS);
        assert_found(s);
        assert_found(s);
        store_close(s);
    }
    redis_server_kill(&server);
    struct store *s = store_on("127.0.0.1", port, AMPLE_MS);
    assert_unavailable(s, "connect: Connection refused");
    store_close(s);
    redis_server_free(&server);
}
END_TEST

/* A host that drops packets: its queue of connections is full. */
START_TEST(connecting_ends_with_the_deadline)
{
    unsigned port;
    int listener = listen_on_loopback(0, &port);
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((in_port_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int full[8];
    for (size_t i = 0; i < COUNT_OF(full); i++) {
        full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(full[i], (struct sockaddr *)&at, sizeof(at));
    }
    struct store *s = store_on("127.0.0.1", port, SHORT_MS);
    assert_unavailable(s, "connect: Connection timed out");
    assert_pauses(s, "connect: Connection timed out");
    store_close(s);
    for (size_t i = 0; i < COUNT_OF(full); i++)
        close(full[i]);
    close(listener);
}
END_TEST

/* A server that accepts and says nothing: AUTH is part of connecting. */
START_TEST(greeting_ends_with_the_deadline)
{
    static const struct fake_step script[] = { { "+OK\r", 0, FAKE_SILENT } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    const struct redis_config config = { .path = fake.path,
                                         .password = "p",
                                         .prefix = "coexist:",
                                         .connect_timeout_ms = SHORT_MS,
                                         .command_timeout_ms = AMPLE_MS };
    struct store *s = owned_store_new(&config);
    assert_unavailable(s, "no answer in time");
    store_close(s);
    fake_redis_stop(&fake);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_store");
    TCase *tc = tcase_create("redis_store");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, absent_server_is_found_once_it_starts);
    tcase_add_test(tc, path_too_long_is_not_cut);
    tcase_add_test(tc, restart_between_look_ups_costs_no_answer);
    tcase_add_test(tc, killed_server_is_unavailable_until_restarted);
    tcase_add_test(tc, stopped_server_is_unavailable_until_continued);
    tcase_add_test(tc, silent_server_is_not_asked_again_and_again);
    tcase_add_test(tc, no_connection_before_the_first_look_up);
    tcase_add_loop_test(tc, replies_are_told_apart, 0, COUNT_OF(reply_cases));
    tcase_add_loop_test(tc, slow_replies_end_with_the_deadline, 0, COUNT_OF(slow_cases));
    tcase_add_test(tc, answers_that_came_in_time_are_kept);
    tcase_add_test(tc, reused_connection_that_dies_is_replaced);
    tcase_add_test(tc, it_is_replaced_once_only);
    tcase_add_test(tc, and_not_once_it_has_begun_to_answer);
    tcase_add_test(tc, connection_out_of_step_is_not_used_again);
    tcase_add_test(tc, server_that_closes_while_we_send_does_not_kill);
    tcase_add_test(tc, its_last_words_are_heard);
    tcase_add_test(tc, records_too_large_are_bad_and_the_others_are_read);
    tcase_add_test(tc, many_records_together_may_be_large);
    tcase_add_test(tc, passwords_users_and_databases);
    tcase_add_test(tc, one_command_is_all_that_is_needed);
    tcase_add_test(tc, a_database_is_another_one);
    tcase_add_test(tc, many_threads_at_once);
    tcase_add_test(tc, threads_wait_for_a_connection);
    tcase_add_test(tc, but_not_for_ever);
    tcase_add_test(tc, idle_connections_go_with_one_that_died);
    tcase_add_test(tc, connection_that_spoke_while_idle_is_not_used_again);
    tcase_add_test(tc, server_on_a_port);
    tcase_add_test(tc, connecting_ends_with_the_deadline);
    tcase_add_test(tc, greeting_ends_with_the_deadline);
    suite_add_tcase(suite, tc);
    return suite;
}
