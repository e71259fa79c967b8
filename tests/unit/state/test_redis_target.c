#include "tests/support/unit.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "state/deadline.h"
#include "state/redis_target.h"
#include "tests/support/fake_redis.h"
#include "tests/support/redis_site.h"

/* Which server is meant: by address, by pin, and by Sentinels, real ones and bad ones. */

#define AMPLE_MS 20000
#define SHORT_MS 40
#define STARTS(text, with) (strncmp(text, with, strlen(with)) == 0)

/* A configuration with Sentinels on these ports of 127.0.0.1. */
static struct redis_config watched_by(const unsigned *port, size_t n)
{
    struct redis_config config = { .master = "mymaster",
                                   .sentinels = n,
                                   .prefix = "coexist:",
                                   .connect_timeout_ms = AMPLE_MS,
                                   .command_timeout_ms = AMPLE_MS };
    for (size_t i = 0; i < n; i++)
        config.sentinel[i] = (struct redis_host){ "127.0.0.1", port[i] };
    return config;
}

static struct redis_target *target_of(const struct redis_config *config)
{
    struct redis_target *t = redis_target_new(config);
    ck_assert_ptr_nonnull(t);
    return t;
}

static struct redis_target *target_watched_by(unsigned port)
{
    const struct redis_config config = watched_by(&port, 1);
    return target_of(&config);
}

static unsigned port_of(const struct redis_connection *c)
{
    struct sockaddr_in in;
    memcpy(&in, &redis_connection_place(c)->address.address, sizeof(in));
    return ntohs(in.sin_port);
}

static struct redis_connection *connected(struct redis_target *t)
{
    char why[RECORD_FAULT_MAX];
    struct redis_connection *c = redis_target_connect(t, deadline_in(AMPLE_MS), why);
    ck_assert_msg(c, "%s", why);
    return c;
}

static void assert_connects_to(struct redis_target *t, unsigned port)
{
    struct redis_connection *c = connected(t);
    ck_assert_uint_eq(port_of(c), port);
    redis_connection_close(c);
}

static void assert_refused(struct redis_target *t, unsigned ms, const char *want)
{
    char why[RECORD_FAULT_MAX];
    struct redis_connection *c = redis_target_connect(t, deadline_in(ms), why);
    ck_assert_msg(!c, "connected, want '%s'", want);
    ck_assert_msg(STARTS(why, want), "'%s', want '%s'", why, want);
}

/* Nobody listens there, unless another test begins to just now. */
static unsigned closed_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    close(fd);
    return ntohs(at.sin_port);
}

START_TEST(host_is_connected_to)
{
    static const struct fake_step script[] = { { "+OK\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    fake_redis_listen(&fake, script, COUNT_OF(script));
    const struct redis_config config = { .host = "localhost", .port = fake.port, .prefix = "" };
    struct redis_target *t = target_of(&config);
    struct redis_connection *c = connected(t);
    ck_assert_uint_eq(port_of(c), fake.port);
    ck_assert_str_eq(redis_connection_place(c)->host, "localhost");
    ck_assert(redis_target_pin(t, c));
    ck_assert(!redis_target_pin(t, c));
    ck_assert(redis_target_still_meant(t, deadline_in(AMPLE_MS)));
    redis_connection_close(c);
    redis_target_free(t);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(unix_socket_is_one_place)
{
    static const struct fake_step script[] = { { "+OK\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    const struct redis_config config = { .path = fake.path, .prefix = "" };
    struct redis_target *t = target_of(&config);
    struct redis_connection *c = connected(t), *other;
    ck_assert_uint_eq(redis_connection_place(c)->address.length, 0);
    ck_assert(redis_target_pin(t, c));
    other = connected(t);
    ck_assert(!redis_target_pin(t, other));
    ck_assert(redis_target_still_meant(t, deadline_in(AMPLE_MS)));
    redis_connection_close(c);
    redis_connection_close(other);
    redis_target_free(t);
    fake_redis_stop(&fake);
    redis_target_free(NULL);
}
END_TEST

static void assert_comes_to(struct redis_target *t, unsigned port)
{
    time_t end = time(NULL) + FAIL_OVER_S;
    char why[RECORD_FAULT_MAX] = "";
    for (;;) {
        struct redis_connection *c = redis_target_connect_anew(t, deadline_in(AMPLE_MS), why);
        unsigned got = c ? port_of(c) : 0;
        if (got == port)
            redis_target_pin(t, c);
        if (c)
            redis_connection_close(c);
        if (got == port)
            return;
        ck_assert_msg(time(NULL) < end, "still %u, want %u: %s", got, port, why);
        poll(NULL, 0, 20);
    }
}

START_TEST(fail_over_is_followed_once_the_pin_is_moved)
{
    struct redis_site s;
    redis_site_begin(&s, 30000);
    struct redis_target *t = target_watched_by(s.sentinel.port);
    struct redis_connection *c = connected(t);
    ck_assert_uint_eq(port_of(c), s.master.port);
    ck_assert(redis_target_pin(t, c));
    ck_assert(redis_target_still_meant(t, deadline_in(AMPLE_MS)));
    redis_site_fail_over(&s);
    time_t end = time(NULL) + FAIL_OVER_S;
    while (redis_target_still_meant(t, deadline_in(AMPLE_MS))) {
        ck_assert_msg(time(NULL) < end, "no fail-over");
        poll(NULL, 0, 20);
    }
    assert_connects_to(t, s.master.port);
    assert_comes_to(t, s.replica.port);
    assert_connects_to(t, s.replica.port);
    ck_assert(redis_target_still_meant(t, deadline_in(AMPLE_MS)));
    ck_assert(redis_target_pin(t, c));
    redis_connection_close(c);
    redis_target_free(t);
    redis_site_end(&s);
}
END_TEST

START_TEST(master_that_dies_is_replaced)
{
    struct redis_site s;
    redis_site_begin(&s, 300);
    struct redis_target *t = target_watched_by(s.sentinel.port);
    assert_connects_to(t, s.master.port);
    redis_site_fail_over(&s);
    assert_comes_to(t, s.replica.port);
    redis_server_kill(&s.replica);
    assert_comes_to(t, s.master.port);
    redis_site_end(&s);
    redis_target_free(t);
}
END_TEST

/* One that knows nothing of the master, one that is not there, one that says nothing. */
START_TEST(sentinels_are_asked_in_turn)
{
    static const struct fake_step nil[] = { { "*-1\r\n", 0, FAKE_GO_ON } };
    static const struct fake_step silent[] = { { .then = FAKE_SILENT } };
    struct fake_redis unknowing, mute;
    struct redis_server master, sentinel;
    char lines[128];
    redis_server_init(&master);
    redis_server_init(&sentinel);
    redis_server_listen(&master, "--port", NULL);
    snprintf(lines, sizeof(lines), "sentinel monitor mymaster 127.0.0.1 %u 1\n", master.port);
    redis_server_watch(&sentinel, "port", lines);
    fake_redis_listen(&unknowing, nil, COUNT_OF(nil));
    fake_redis_listen(&mute, silent, COUNT_OF(silent));
    const unsigned ports[] = { unknowing.port, closed_port(), mute.port, sentinel.port };
    const struct redis_config config = watched_by(ports, COUNT_OF(ports));
    struct redis_target *t = target_of(&config);
    char why[RECORD_FAULT_MAX];
    struct redis_connection *c = redis_target_connect(t, deadline_in(4000), why);
    ck_assert_msg(c, "%s", why);
    ck_assert_uint_eq(port_of(c), master.port);
    redis_connection_close(c);
    /* The one that was right is asked first from now on. */
    assert_connects_to(t, master.port);
    ck_assert_uint_eq(unknowing.commands, 1);
    ck_assert_uint_eq(mute.commands, 1);
    redis_target_free(t);
    fake_redis_stop(&unknowing);
    fake_redis_stop(&mute);
    redis_server_free(&sentinel);
    redis_server_free(&master);
}
END_TEST

static const struct answer_case {
    const char *text;
    enum fake_then then;
    const char *why; /* behind the Sentinel's name; its beginning */
} answer_cases[] = {
    { "*-1\r\n", FAKE_GO_ON, "knows no master 'mymaster'" },
    { "$-1\r\n", FAKE_GO_ON, "knows no master 'mymaster'" },
    { "-NOAUTH Authentication required.\r\n", FAKE_GO_ON, "NOAUTH Authentication required." },
    { "-ERR unknown command 'SENTINEL', with args: 'x'\r\n", FAKE_GO_ON,
      "ERR unknown command 'SENTINEL'" },
    { "+OK\r\n", FAKE_GO_ON, "unexpected answer" },
    { ":1\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*0\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*1\r\n$1\r\nh\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*3\r\n$1\r\nh\r\n$1\r\n1\r\n$1\r\n1\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*2\r\n$0\r\n\r\n$1\r\n1\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*2\r\n$3\r\na b\r\n$1\r\n1\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*2\r\n$1\r\nh\r\n$1\r\n0\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*2\r\n$1\r\nh\r\n$5\r\n65536\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*2\r\n$1\r\nh\r\n$2\r\n-1\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*2\r\n$1\r\nh\r\n:1\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*2\r\n$1\r\nh\r\n*0\r\n", FAKE_GO_ON, "unexpected answer" },
    { "*99999999\r\n", FAKE_GO_ON, "unexpected answer" },
    { "HTTP/1.1 400 Bad Request\r\n", FAKE_GO_ON, "not an answer of Redis: " },
    { NULL, FAKE_CLOSE, "the connection was closed" },
    { "*2\r\n$1\r\nh", FAKE_CLOSE, "the connection was closed" },
};

START_TEST(bad_answers_of_a_sentinel_are_named)
{
    const struct answer_case *a = &answer_cases[_i];
    const struct fake_step script[] = { { a->text, 0, a->then } };
    char want[RECORD_FAULT_MAX];
    struct fake_redis fake;
    fake_redis_listen(&fake, script, COUNT_OF(script));
    struct redis_target *t = target_watched_by(fake.port);
    snprintf(want, sizeof(want), "Sentinel 127.0.0.1:%u: %s", fake.port, a->why);
    assert_refused(t, AMPLE_MS, want);
    redis_target_free(t);
    fake_redis_stop(&fake);
}
END_TEST

/* A name with a NUL in it is nobody's. */
START_TEST(host_with_a_nul_is_no_host)
{
    static const char answer[] = "*2\r\n$11\r\n127.0.0.1\0x\r\n$1\r\n1\r\n";
    static const struct fake_step script[] = { { answer, sizeof(answer) - 1, FAKE_GO_ON } };
    struct fake_redis fake;
    char want[RECORD_FAULT_MAX];
    fake_redis_listen(&fake, script, COUNT_OF(script));
    struct redis_target *t = target_watched_by(fake.port);
    snprintf(want, sizeof(want), "Sentinel 127.0.0.1:%u: unexpected answer", fake.port);
    assert_refused(t, AMPLE_MS, want);
    redis_target_free(t);
    fake_redis_stop(&fake);
}
END_TEST

static const struct role_case {
    const char *text;
    enum fake_then then;
    const char *why; /* NULL: it is taken for the master */
} role_cases[] = {
    { "*3\r\n$6\r\nmaster\r\n:0\r\n*1\r\n*3\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\n0\r\n", FAKE_GO_ON,
      NULL },
    { "-NOPERM this user has no permissions to run the 'role' command\r\n", FAKE_GO_ON, NULL },
    { "-ERR unknown command 'ROLE'\r\n", FAKE_GO_ON, NULL },
    { "*5\r\n$5\r\nslave\r\n$1\r\na\r\n:1\r\n$9\r\nconnected\r\n:0\r\n", FAKE_GO_ON,
      "it is no master: ROLE is 'slave'" },
    { "*2\r\n$8\r\nsentinel\r\n*0\r\n", FAKE_GO_ON, "it is no master: ROLE is 'sentinel'" },
    { "*1\r\n$6\r\nMaster\r\n", FAKE_GO_ON, "it is no master: ROLE is 'Master'" },
    { "*0\r\n", FAKE_GO_ON, "it is no master: ROLE is ''" },
    { "+master\r\n", FAKE_GO_ON, "it is no master: ROLE is ''" },
    { "*99999999\r\n", FAKE_GO_ON, "unexpected answer to ROLE" },
    { "?\r\n", FAKE_GO_ON, "not an answer of Redis: " },
    { NULL, FAKE_CLOSE, "the connection was closed" },
};

/* What a Sentinel says that names this port. */
static void name_port(unsigned port, const char *host, char text[96])
{
    char number[16];
    snprintf(number, sizeof(number), "%u", port);
    snprintf(text, 96, "*2\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n", strlen(host), host, strlen(number),
             number);
}

START_TEST(what_is_no_master_is_not_used)
{
    const struct role_case *r = &role_cases[_i];
    const struct fake_step role[] = { { r->text, 0, r->then } };
    struct fake_redis server, sentinel;
    char text[96], want[RECORD_FAULT_MAX];
    fake_redis_listen(&server, role, COUNT_OF(role));
    name_port(server.port, "127.0.0.1", text);
    const struct fake_step name[] = { { text, 0, FAKE_GO_ON } };
    fake_redis_listen(&sentinel, name, COUNT_OF(name));
    struct redis_target *t = target_watched_by(sentinel.port);
    snprintf(want, sizeof(want), "master 127.0.0.1:%u: %s", server.port, r->why ? r->why : "");
    if (r->why)
        assert_refused(t, AMPLE_MS, want);
    else
        assert_connects_to(t, server.port);
    redis_target_free(t);
    fake_redis_stop(&sentinel);
    fake_redis_stop(&server);
}
END_TEST

/* The first Sentinel has not heard of the fail-over: its master is a replica by now. */
START_TEST(sentinel_that_is_behind_is_passed_over)
{
    static const struct fake_step slave[] = { { "*1\r\n$5\r\nslave\r\n", 0, FAKE_GO_ON } };
    static const struct fake_step master[] = { { "*1\r\n$6\r\nmaster\r\n", 0, FAKE_GO_ON } };
    struct fake_redis old, fresh, behind, ahead;
    char old_text[96], fresh_text[96];
    fake_redis_listen(&old, slave, 1);
    fake_redis_listen(&fresh, master, 1);
    name_port(old.port, "127.0.0.1", old_text);
    name_port(fresh.port, "localhost", fresh_text);
    const struct fake_step names_old[] = { { old_text, 0, FAKE_GO_ON } };
    const struct fake_step names_fresh[] = { { fresh_text, 0, FAKE_GO_ON } };
    fake_redis_listen(&behind, names_old, 1);
    fake_redis_listen(&ahead, names_fresh, 1);
    const unsigned ports[] = { behind.port, behind.port, ahead.port };
    const struct redis_config config = watched_by(ports, COUNT_OF(ports));
    struct redis_target *t = target_of(&config);
    struct redis_connection *c = connected(t);
    ck_assert_uint_eq(port_of(c), fresh.port);
    ck_assert_str_eq(redis_connection_place(c)->host, "localhost");
    ck_assert_uint_eq(old.connections, 1);
    ck_assert(redis_target_pin(t, c));
    ck_assert(redis_target_still_meant(t, deadline_in(AMPLE_MS)));
    redis_connection_close(c);
    ck_assert_uint_eq(behind.commands, 2);
    redis_target_free(t);
    fake_redis_stop(&ahead);
    fake_redis_stop(&behind);
    fake_redis_stop(&fresh);
    fake_redis_stop(&old);
}
END_TEST

START_TEST(no_sentinel_is_there)
{
    const unsigned ports[] = { closed_port(), closed_port() };
    const struct redis_config config = watched_by(ports, COUNT_OF(ports));
    struct redis_target *t = target_of(&config);
    char want[RECORD_FAULT_MAX];
    snprintf(want, sizeof(want), "Sentinel 127.0.0.1:%u: connect: Connection refused", ports[1]);
    assert_refused(t, AMPLE_MS, want);
    redis_target_free(t);
}
END_TEST

START_TEST(pin_holds_while_no_sentinel_answers)
{
    static const struct fake_step master[] = { { "*1\r\n$6\r\nmaster\r\n", 0, FAKE_GO_ON } };
    struct fake_redis server, sentinel;
    char text[96];
    fake_redis_listen(&server, master, 1);
    name_port(server.port, "127.0.0.1", text);
    const struct fake_step names[] = { { text, 0, FAKE_GO_ON }, { NULL, 0, FAKE_SILENT } };
    fake_redis_listen(&sentinel, names, COUNT_OF(names));
    struct redis_target *t = target_watched_by(sentinel.port);
    ck_assert(redis_target_still_meant(t, deadline_in(AMPLE_MS)));
    struct redis_connection *c = connected(t);
    ck_assert(redis_target_pin(t, c));
    redis_connection_close(c);
    ck_assert(redis_target_still_meant(t, deadline_in(SHORT_MS)));
    fake_redis_stop(&sentinel);
    ck_assert(redis_target_still_meant(t, deadline_in(AMPLE_MS)));
    assert_connects_to(t, server.port);
    redis_target_free(t);
    fake_redis_stop(&server);
}
END_TEST

static const struct mute_case {
    bool server; /* it is the server that says nothing, not the Sentinel */
    const char *why;
} mute_cases[] = { { false, "Sentinel 127.0.0.1:" }, { true, "master 127.0.0.1:" } };

START_TEST(whoever_says_nothing_is_left_at_the_deadline)
{
    static const struct fake_step silent[] = { { .then = FAKE_SILENT } };
    const struct mute_case *m = &mute_cases[_i];
    struct fake_redis server, sentinel;
    char text[96], why[RECORD_FAULT_MAX];
    fake_redis_listen(&server, silent, 1);
    name_port(server.port, "127.0.0.1", text);
    const struct fake_step names[] = { { text, 0, FAKE_GO_ON } };
    fake_redis_listen(&sentinel, m->server ? names : silent, 1);
    struct redis_target *t = target_watched_by(sentinel.port);
    ck_assert_ptr_null(redis_target_connect(t, deadline_in(SHORT_MS * 25), why));
    ck_assert_msg(STARTS(why, m->why), "%s", why);
    ck_assert_msg(strstr(why, ": no answer in time"), "%s", why);
    redis_target_free(t);
    fake_redis_stop(&sentinel);
    fake_redis_stop(&server);
}
END_TEST

/* The Sentinels' own users and passwords are not the server's. */
static const struct login_case {
    const char *user;
    const char *password;
    const char *why; /* behind the Sentinel's name; NULL: good */
} login_cases[] = {
    { NULL, "s3cret", NULL },
    { "watch", "w", NULL },
    { NULL, NULL, "NOAUTH " },
    { NULL, "p", "AUTH: WRONGPASS " },
    { "watch", "s3cret", "AUTH: WRONGPASS " },
};

START_TEST(sentinels_have_logins_of_their_own)
{
    static const char *const options[] = { "--requirepass", "p", NULL };
    struct redis_server master, sentinel;
    char lines[512];
    redis_server_init(&master);
    redis_server_init(&sentinel);
    redis_server_listen(&master, "--port", options);
    snprintf(lines, sizeof(lines),
             "sentinel monitor mymaster 127.0.0.1 %u 1\nsentinel auth-pass mymaster p\n"
             "user watch on >w -@all +sentinel|get-master-addr-by-name\nrequirepass s3cret\n",
             master.port);
    redis_server_watch(&sentinel, "port", lines);
    for (size_t i = 0; i < COUNT_OF(login_cases); i++) {
        const struct login_case *l = &login_cases[i];
        struct redis_config config = watched_by(&sentinel.port, 1);
        char want[RECORD_FAULT_MAX];
        config.password = "p";
        config.database = 3;
        config.sentinel_user = l->user;
        config.sentinel_password = l->password;
        struct redis_target *t = target_of(&config);
        snprintf(want, sizeof(want), "Sentinel 127.0.0.1:%u: %s", sentinel.port,
                 l->why ? l->why : "");
        if (l->why)
            assert_refused(t, AMPLE_MS, want);
        else
            assert_connects_to(t, master.port);
        redis_target_free(t);
    }
    redis_server_free(&sentinel);
    redis_server_free(&master);
}
END_TEST

START_TEST(user_need_not_be_allowed_to_ask_for_the_role)
{
    struct redis_server master, sentinel;
    char lines[128], reply[256];
    redis_server_init(&master);
    redis_server_init(&sentinel);
    redis_server_listen(&master, "--port", NULL);
    redis_server_run(&master, reply, "ACL", "SETUSER", "least", "reset", "on", ">l", "~coexist:*",
                     "-@all", "+hgetall", NULL);
    snprintf(lines, sizeof(lines), "sentinel monitor mymaster 127.0.0.1 %u 1\n", master.port);
    redis_server_watch(&sentinel, "port", lines);
    struct redis_config config = watched_by(&sentinel.port, 1);
    config.user = "least";
    config.password = "l";
    struct redis_target *t = target_of(&config);
    assert_connects_to(t, master.port);
    redis_target_free(t);
    redis_server_free(&sentinel);
    redis_server_free(&master);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_target");
    TCase *tc = tcase_create("redis_target");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, host_is_connected_to);
    tcase_add_test(tc, unix_socket_is_one_place);
    tcase_add_test(tc, fail_over_is_followed_once_the_pin_is_moved);
    tcase_add_test(tc, master_that_dies_is_replaced);
    tcase_add_test(tc, sentinels_are_asked_in_turn);
    tcase_add_loop_test(tc, bad_answers_of_a_sentinel_are_named, 0, COUNT_OF(answer_cases));
    tcase_add_test(tc, host_with_a_nul_is_no_host);
    tcase_add_loop_test(tc, what_is_no_master_is_not_used, 0, COUNT_OF(role_cases));
    tcase_add_test(tc, sentinel_that_is_behind_is_passed_over);
    tcase_add_test(tc, no_sentinel_is_there);
    tcase_add_test(tc, pin_holds_while_no_sentinel_answers);
    tcase_add_loop_test(tc, whoever_says_nothing_is_left_at_the_deadline, 0, COUNT_OF(mute_cases));
    tcase_add_test(tc, sentinels_have_logins_of_their_own);
    tcase_add_test(tc, user_need_not_be_allowed_to_ask_for_the_role);
    suite_add_tcase(suite, tc);
    return suite;
}
