#include "tests/support/unit.h"

#include <netinet/in.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "state/redis_watch.h"
#include "tests/support/redis_listener.h"
#include "tests/unit/state/fake_subscription.h"

/* The end of a tracker, whatever it is at. */

#define AMPLE_MS 20000
#define SHORT_MS 100 /* for what is to fail */
#define NEVER_MS 3600000

static struct redis_config config_at(const char *path)
{
    return (struct redis_config){ .path = path,
                                  .prefix = "coexist:",
                                  .connect_timeout_ms = AMPLE_MS,
                                  .command_timeout_ms = 5 * SHORT_MS };
}

/* What the tracker is at when it is stopped, and when: when so many commands have come. */
static const struct stop_case {
    const char *answer[6 + 1];
    enum fake_then then; /* the last of the answers, which is repeated */
    unsigned commands;
    unsigned interval_ms;
} stop_cases[] = {
    { { "" }, FAKE_SILENT, 0, NEVER_MS },
    { { "" }, FAKE_SILENT, 1, NEVER_MS },
    { { PONG }, FAKE_SILENT, 3, NEVER_MS },
    { { PONG, MASTER, ID, OK }, FAKE_SILENT, 5, NEVER_MS },
    { { PONG, MASTER, ID, OK, SUBSCRIBED }, FAKE_GO_ON, 5, NEVER_MS },
    { { PONG, MASTER, ID, OK, (SUBSCRIBED MESSAGE "*1\r\n$9\r\nab") }, FAKE_GO_ON, 5, NEVER_MS },
    { { PONG, MASTER, ID, OK, SUBSCRIBED, "" }, FAKE_SILENT, 7, 1 },
    { { "-NOAUTH\r\n" }, FAKE_GO_ON, 1, NEVER_MS },
    { { "" }, FAKE_CLOSE, 8, NEVER_MS },
};

START_TEST(it_ends_in_each_state)
{
    const struct stop_case *c = &stop_cases[_i];
    struct fake_step script[COUNT_OF(c->answer)];
    struct fake_redis fake;
    struct redis_listener l;
    time_t limit = time(NULL) + 60;
    fake_redis_start(&fake, script, make_script(c->answer, c->then, script));
    const struct redis_config config = config_at(fake.path);
    redis_listener_init(&l, &config);
    redis_listener_start(&l, c->interval_ms);
    while (atomic_load(&fake.commands) < c->commands) {
        ck_assert(time(NULL) < limit);
        poll(NULL, 0, 1);
    }
    redis_listener_free(&l);
    fake_redis_stop(&fake);
}
END_TEST

/* A host that drops packets: its queue of connections is full. */
START_TEST(it_ends_while_it_connects)
{
    struct redis_listener l;
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
    struct redis_config config = config_at(NULL);
    config.host = "127.0.0.1";
    config.port = port;
    config.connect_timeout_ms = SHORT_MS;
    redis_listener_init(&l, &config);
    redis_listener_start(&l, NEVER_MS);
    redis_listener_expect(&l, "unheard away");
    redis_listener_free(&l);
    for (size_t i = 0; i < COUNT_OF(full); i++)
        close(full[i]);
    close(listener);
}
END_TEST

START_TEST(what_never_began_is_ended_too)
{
    redis_tracker_stop(NULL);
    redis_watch_free(NULL);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_tracker_end");
    TCase *tc = tcase_create("redis_tracker_end");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, it_ends_in_each_state, 0, COUNT_OF(stop_cases));
    tcase_add_test(tc, it_ends_while_it_connects);
    tcase_add_test(tc, what_never_began_is_ended_too);
    suite_add_tcase(suite, tc);
    return suite;
}
