#include "tests/support/unit.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "state/redis_tracker.h"
#include "tests/support/redis_server.h"

/*
 * From the moment when a change is sent to the one when the tracker tells of it. With
 * COEXIST_MEASURE=N in the environment of the test, N changes are measured and the times printed:
 *   CK_FORK=no COEXIST_MEASURE=10000 build/tests/state/test_redis_tracker_latency
 */

#define AMPLE_MS 20000
#define ROUNDS 50
#define ROUNDS_MAX 1000000
#define PATIENCE_S 60

#define KEY "coexist:user:foo@example.com"

struct ear {
    sem_t told;
    _Atomic int64_t at; /* when, in nanoseconds */
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void changed(void *arg, struct span key)
{
    struct ear *e = arg;
    (void)key;
    atomic_store(&e->at, now_ns());
    sem_post(&e->told);
}

static void heard(void *arg)
{
    sem_post(&((struct ear *)arg)->told);
}

static void all_changed(void *arg)
{
    (void)arg;
}

static void unheard(void *arg, bool away)
{
    (void)arg;
    (void)away;
}

static void wait_until_told(struct ear *e)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    ck_assert_int_eq(sem_timedwait(&e->told, &until), 0);
}

static bool add_change(void *arg, size_t i, struct redis_connection *c)
{
    (void)arg;
    (void)i;
    redis_connection_add(
        c,
        (struct span[]){ SPAN_LIT("HSET"), SPAN_LIT(KEY), SPAN_LIT("home"), SPAN_LIT("secondary") },
        4);
    return true;
}

static bool take_number(void *arg, size_t i, const struct redis_reply *reply)
{
    (void)arg;
    (void)i;
    return redis_reply_kind(reply) == REDIS_NUMBER;
}

static int64_t measure(struct ear *e, struct redis_client *client)
{
    const struct redis_exchange x = { .n = 1, .add = add_change, .answer = take_number };
    char why[RECORD_FAULT_MAX];
    int64_t sent = now_ns();
    ck_assert_msg(redis_client_run(client, &x, why), "%s", why);
    wait_until_told(e);
    return atomic_load(&e->at) - sent;
}

static int in_order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure_all(struct ear *e, struct redis_client *client)
{
    const char *wanted = getenv("COEXIST_MEASURE");
    size_t n = wanted ? strtoul(wanted, NULL, 10) : ROUNDS;
    ck_assert_uint_ge(n, 1);
    ck_assert_uint_le(n, ROUNDS_MAX);
    int64_t *ns = calloc(n, sizeof(*ns));
    ck_assert_ptr_nonnull(ns);
    for (size_t i = 0; i < n; i++)
        ns[i] = measure(e, client);
    qsort(ns, n, sizeof(*ns), in_order);
    size_t half = n / 2, most = n * 99 / 100;
    if (wanted)
        printf("%zu changes, microseconds: p50 %.0f, p99 %.0f, max %.0f\n", n,
               (double)ns[half] / 1e3, (double)ns[most] / 1e3, (double)ns[n - 1] / 1e3);
    free(ns);
}

START_TEST(each_change_is_told_in_its_time)
{
    struct redis_server server;
    struct ear e = { .at = 0 };
    ck_assert_int_eq(sem_init(&e.told, 0, 0), 0);
    redis_server_init(&server);
    redis_server_start(&server, NULL);
    const struct redis_config config = { .path = server.path,
                                         .prefix = "coexist:",
                                         .connect_timeout_ms = AMPLE_MS,
                                         .command_timeout_ms = AMPLE_MS };
    struct redis_target *target = redis_target_new(&config);
    struct redis_client *client = redis_client_new(target);
    const struct redis_tracker_config tracking = { .target = target,
                                                   .client = client,
                                                   .prefix = { "coexist:user:" },
                                                   .prefixes = 1,
                                                   .sink = { changed, all_changed, heard, unheard,
                                                             &e } };
    struct redis_tracker *tracker = redis_tracker_start(&tracking);
    ck_assert_ptr_nonnull(tracker);
    wait_until_told(&e);
    measure_all(&e, client);
    redis_tracker_stop(tracker);
    redis_client_free(client);
    redis_target_free(target);
    redis_server_free(&server);
    sem_destroy(&e.told);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_tracker_latency");
    TCase *tc = tcase_create("redis_tracker_latency");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, each_change_is_told_in_its_time);
    suite_add_tcase(suite, tc);
    return suite;
}
