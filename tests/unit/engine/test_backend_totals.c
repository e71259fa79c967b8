#include "tests/support/unit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "engine/backend_live.h"
#include "engine/backend_totals.h"
#include "state/deadline.h"
#include "tests/support/redis_server.h"

#define PATIENCE_MS 20000
#define A SPAN_LIT("a@example.com")

static struct redis_server server;
static char url[128], prefix[] = "coexist:";
static struct keyring keys = { .keys = 1 };
static struct config config;
static struct backend_totals *totals;

static void setup(void)
{
    redis_server_init(&server);
    redis_server_start(&server, NULL);
    snprintf(url, sizeof(url), "unix://%s", server.path);
    config = (struct config){ .state = url,
                              .prefix = prefix,
                              .connect_timeout_ms = PATIENCE_MS,
                              .command_timeout_ms = PATIENCE_MS,
                              .cache_entries = 1000,
                              .stale_max_s = 3600,
                              .ledger_window_s = 60,
                              .events_max = 100 };
    totals = backend_totals_new();
    ck_assert_ptr_nonnull(totals);
}

static void teardown(void)
{
    backend_totals_unref(totals);
    redis_server_free(&server);
}

static struct backend *open_backend(void)
{
    struct backend *b = backend_new(&config, &keys, NULL);
    ck_assert_ptr_nonnull(b);
    backend_totals_join(totals, b);
    ck_assert(backend_start(b));
    return b;
}

static bool is_fresh(const struct backend *b)
{
    struct backend_counts n;
    backend_count(b, &n);
    return n.cache.state == CACHE_FRESH;
}

static struct backend *open_fresh(void)
{
    struct backend *b = open_backend();
    int64_t end = deadline_in(PATIENCE_MS);
    while (!is_fresh(b)) {
        ck_assert_int_gt(deadline_left(end), 0);
        poll(NULL, 0, 1);
    }
    return b;
}

/* One look-up that asks Redis, and one event. */
static void use(struct backend *b)
{
    struct store_query q = { .kind = RECORD_USER, .name = A };
    cache_invalidate(b->live->cache, RECORD_USER, A);
    store_fetch(b->store, &q, 1);
    journal_event(b->journal, &(struct journal_field){ "event", SPAN_LIT("x") }, 1);
}

static struct backend_counts sum(void)
{
    struct backend_counts n;
    backend_totals_sum(totals, &n);
    return n;
}

START_TEST(one_after_the_other)
{
    for (unsigned i = 1; i <= 3; i++) {
        struct backend *b = open_fresh();
        use(b);
        ck_assert_uint_eq(sum().cache.fills, i);
        ck_assert_uint_eq(sum().cache.invalidated, i);
        ck_assert_uint_eq(sum().journal.events, i);
        backend_unref(b);
        ck_assert_uint_eq(sum().cache.fills, i);
        ck_assert_uint_eq(sum().journal.events, i);
        /* All is written before the end. */
        ck_assert_uint_eq(sum().journal.written, i);
        ck_assert_uint_eq(sum().journal.dropped, 0);
    }
}
END_TEST

START_TEST(side_by_side)
{
    struct backend *one = open_fresh(), *other = open_fresh(), *third = open_fresh();
    struct backend_counts own;
    use(one);
    use(other);
    use(other);
    use(third);
    ck_assert_uint_eq(sum().cache.fills, 4);
    backend_count(other, &own);
    ck_assert_uint_eq(own.cache.fills, 2);
    ck_assert_uint_eq(own.journal.events, 2);
    ck_assert_uint_eq(own.cache.entries, 1);
    backend_unref(other);
    use(one);
    use(third);
    ck_assert_uint_eq(sum().cache.fills, 6);
    ck_assert_uint_eq(sum().journal.events, 6);
    backend_unref(third);
    backend_unref(one);
    ck_assert_uint_eq(sum().cache.fills, 6);
    ck_assert_uint_eq(sum().journal.events, 6);
}
END_TEST

/* How things stand is no sum. */
START_TEST(the_present_is_not_summed_up)
{
    struct backend *b = open_fresh();
    use(b);
    ck_assert_uint_eq(sum().cache.entries, 0);
    ck_assert_uint_eq(sum().journal.waiting, 0);
    ck_assert_int_eq(sum().cache.state, CACHE_SUSPECT);
    backend_unref(b);
}
END_TEST

/* The counts of the end count too: without a server the event is dropped. */
START_TEST(what_is_dropped_at_the_end_counts)
{
    config.command_timeout_ms = config.connect_timeout_ms = 1;
    redis_server_kill(&server);
    struct backend *b = open_backend();
    use(b);
    ck_assert_uint_eq(sum().journal.dropped, 0);
    backend_unref(b);
    ck_assert_uint_eq(sum().journal.events, 1);
    ck_assert_uint_eq(sum().journal.dropped, 1);
}
END_TEST

START_TEST(without_a_cache_or_redis)
{
    struct backend_counts own;
    config.cache_entries = 0;
    struct backend *b = open_backend();
    journal_event(b->journal, &(struct journal_field){ "event", SPAN_LIT("x") }, 1);
    ck_assert_uint_eq(sum().journal.events, 1);
    ck_assert_uint_eq(sum().cache.fills, 0);
    backend_unref(b);
    struct backend alone = { .live = NULL };
    backend_count(&alone, &own);
    ck_assert_uint_eq(own.journal.events + own.cache.fills + own.cache.entries, 0);
}
END_TEST

/* The last backend may outlive whoever reads the sums. */
START_TEST(a_backend_keeps_its_totals)
{
    struct backend *b = open_fresh();
    struct backend_totals *mine = totals;
    totals = NULL;
    backend_totals_unref(mine);
    use(b);
    backend_unref(b);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("backend_totals");
    TCase *tc = tcase_create("backend_totals");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, one_after_the_other);
    tcase_add_test(tc, side_by_side);
    tcase_add_test(tc, the_present_is_not_summed_up);
    tcase_add_test(tc, what_is_dropped_at_the_end_counts);
    tcase_add_test(tc, without_a_cache_or_redis);
    tcase_add_test(tc, a_backend_keeps_its_totals);
    suite_add_tcase(suite, tc);
    return suite;
}
