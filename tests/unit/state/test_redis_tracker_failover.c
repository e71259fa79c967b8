#include "tests/support/unit.h"

#include <stdio.h>

#include "tests/support/redis_listener.h"
#include "tests/support/redis_site.h"

/* Replicas, and masters that are named by a Sentinel. */

#define AMPLE_MS 20000 /* for what is to succeed, however slow the machine */
#define OFTEN_MS 20

#define KEY "coexist:user:foo@example.com"
#define LOST "!state-lost: changes of records go unheard: "

#define RUN(server, ...)                                                                           \
    do {                                                                                           \
        char reply_[256];                                                                          \
        redis_server_run(server, reply_, __VA_ARGS__, NULL);                                       \
    } while (0)

static void assert_hears(struct redis_listener *l, struct redis_server *server)
{
    RUN(server, "SET", KEY, "x");
    redis_listener_await(l, "+" KEY);
}

START_TEST(a_replica_is_heard_while_it_has_its_master)
{
    struct redis_server master, replica;
    struct redis_listener l;
    char port[16];
    redis_server_init(&master);
    redis_server_listen(&master, "--port", NULL);
    snprintf(port, sizeof(port), "%u", master.port);
    const char *const options[] = { "--replicaof", "127.0.0.1", port, NULL };
    redis_server_init(&replica);
    redis_server_start(&replica, options);
    const struct redis_config config = { .path = replica.path,
                                         .prefix = "coexist:",
                                         .connect_timeout_ms = AMPLE_MS,
                                         .command_timeout_ms = AMPLE_MS };
    redis_listener_init(&l, &config);
    redis_listener_start(&l, OFTEN_MS);
    redis_listener_await(&l, "heard");
    assert_hears(&l, &master);
    redis_server_kill(&master);
    redis_listener_await(&l, "unheard here");
    redis_server_listen(&master, "--port", NULL);
    redis_listener_await(&l, "heard");
    assert_hears(&l, &master);
    redis_listener_free(&l);
    redis_server_free(&replica);
    redis_server_free(&master);
}
END_TEST

static void begin(struct redis_site *s, struct redis_listener *l, unsigned down_after_ms)
{
    redis_site_begin(s, down_after_ms);
    const struct redis_config config = { .sentinel = { { "127.0.0.1", s->sentinel.port } },
                                         .sentinels = 1,
                                         .master = "mymaster",
                                         .prefix = "coexist:",
                                         .connect_timeout_ms = AMPLE_MS,
                                         .command_timeout_ms = AMPLE_MS };
    redis_listener_init(l, &config);
    redis_listener_start(l, OFTEN_MS);
    redis_listener_expect(l, "heard");
    assert_hears(l, &s->master);
}

static void end(struct redis_site *s, struct redis_listener *l)
{
    redis_listener_free(l);
    redis_site_end(s);
}

static bool add_port(void *arg, size_t i, struct redis_connection *c)
{
    (void)arg;
    (void)i;
    redis_connection_add(
        c, (struct span[]){ SPAN_LIT("CONFIG"), SPAN_LIT("GET"), SPAN_LIT("port") }, 3);
    return true;
}

static bool take_port(void *port, size_t i, const struct redis_reply *reply)
{
    (void)i;
    return span_number(redis_reply_text(redis_reply_item(reply, 1)), port);
}

/* Of the server that the client asks. */
static uint64_t port_asked(struct redis_client *client)
{
    uint64_t port = 0;
    char why[RECORD_FAULT_MAX];
    const struct redis_exchange x = { .n = 1, .add = add_port, .answer = take_port, .arg = &port };
    ck_assert_msg(redis_client_run(client, &x, why), "%s", why);
    return port;
}

START_TEST(fail_over_is_followed)
{
    struct redis_site s;
    struct redis_listener l;
    begin(&s, &l, 30000);
    ck_assert_uint_eq(port_asked(l.client), s.master.port);
    redis_site_fail_over(&s);
    redis_listener_await(&l, "unheard here");
    redis_listener_await(&l, "heard");
    assert_hears(&l, &s.replica);
    ck_assert_uint_eq(port_asked(l.client), s.replica.port);
    end(&s, &l);
}
END_TEST

START_TEST(master_that_dies_is_replaced)
{
    struct redis_site s;
    struct redis_listener l;
    begin(&s, &l, 300);
    redis_site_fail_over(&s);
    redis_listener_await(&l, "unheard here");
    redis_listener_await(&l, "heard");
    assert_hears(&l, &s.replica);
    redis_server_kill(&s.replica);
    redis_listener_await(&l, "unheard away");
    redis_listener_await(&l, "heard");
    assert_hears(&l, &s.master);
    end(&s, &l);
}
END_TEST

START_TEST(without_a_sentinel_the_master_is_still_heard)
{
    struct redis_site s;
    struct redis_listener l;
    begin(&s, &l, 30000);
    redis_server_kill(&s.sentinel);
    RUN(&s.master, "CLIENT", "KILL", "TYPE", "pubsub");
    redis_listener_expect(&l, "unheard here");
    redis_listener_expect(&l, "heard");
    assert_hears(&l, &s.master);
    end(&s, &l);
}
END_TEST

START_TEST(a_master_that_is_none_any_more_is_lost)
{
    struct redis_site s;
    struct redis_listener l;
    char port[16];
    begin(&s, &l, 30000);
    redis_server_kill(&s.sentinel);
    snprintf(port, sizeof(port), "%u", s.replica.port);
    RUN(&s.replica, "REPLICAOF", "NO", "ONE");
    RUN(&s.master, "REPLICAOF", "127.0.0.1", port);
    redis_listener_await(&l, "unheard here");
    redis_listener_expect_line(&l, 0, LOST "the server was lost: it is a replica, and no master");
    redis_listener_expect_line(
        &l, 1, LOST "the server does not tell them: it is a replica, and no master");
    RUN(&s.master, "REPLICAOF", "NO", "ONE");
    redis_listener_await(&l, "heard");
    assert_hears(&l, &s.master);
    end(&s, &l);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_tracker_failover");
    TCase *tc = tcase_create("redis_tracker_failover");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, a_replica_is_heard_while_it_has_its_master);
    tcase_add_test(tc, fail_over_is_followed);
    tcase_add_test(tc, master_that_dies_is_replaced);
    tcase_add_test(tc, without_a_sentinel_the_master_is_still_heard);
    tcase_add_test(tc, a_master_that_is_none_any_more_is_lost);
    suite_add_tcase(suite, tc);
    return suite;
}
