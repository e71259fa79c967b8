#include "tests/support/unit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/backend_live.h"
#include "state/deadline.h"
#include "tests/support/redis_server.h"

#define PATIENCE_MS 20000
#define A SPAN_LIT("a@example.com")
#define B SPAN_LIT("b@example.com")

static struct redis_server server;
static char url[128], file[128], prefix[] = "coexist:", other_prefix[] = "other:";
static struct keyring keys = { .keys = 1 };
static struct config config;

static void setup(void)
{
    char reply[256];
    redis_server_init(&server);
    redis_server_start(&server, NULL);
    redis_server_run(&server, reply, "HSET", "coexist:user:a@example.com", "home", "primary", NULL);
    snprintf(url, sizeof(url), "unix://%s", server.path);
    snprintf(file, sizeof(file), "%s/snapshot", server.folder);
    strcpy(keys.key[0].name, "k1");
    memcpy(keys.key[0].secret, "0123456789abcdef", KEY_SECRET_MIN);
    keys.key[0].secret_len = KEY_SECRET_MIN;
    config = (struct config){ .state = url,
                              .prefix = prefix,
                              .connect_timeout_ms = PATIENCE_MS,
                              .command_timeout_ms = PATIENCE_MS,
                              .cache_entries = 1000,
                              .stale_max_s = 3600,
                              .snapshot_interval_s = 3600,
                              .ledger_window_s = 60,
                              .breaker_limit = 1,
                              .breaker_window_s = 60,
                              .events_max = 100 };
}

static void teardown(void)
{
    redis_server_free(&server);
}

static struct backend *open_backend(const struct backend *before)
{
    struct backend *b = backend_new(&config, &keys, before);
    ck_assert_ptr_nonnull(b);
    return b;
}

static struct store_query ask(struct backend *b, struct span name)
{
    struct store_query q = { .kind = RECORD_USER, .name = name };
    store_fetch(b->store, &q, 1);
    return q;
}

/* Waits until what the arguments say is so; each look is a try. */
static bool come_true(bool (*so)(struct backend *b), struct backend *b)
{
    int64_t end = deadline_in(PATIENCE_MS);
    while (!so(b)) {
        if (deadline_left(end) == 0)
            return false;
        poll(NULL, 0, 1);
    }
    return true;
}

static struct cache_counts counts_of(struct backend *b)
{
    struct cache_counts n;
    cache_count(b->live->cache, &n);
    return n;
}

static bool is_fresh(struct backend *b)
{
    return counts_of(b).state == CACHE_FRESH;
}

static bool is_down(struct backend *b)
{
    return counts_of(b).state == CACHE_DOWN;
}

static struct backend *open_fresh(void)
{
    struct backend *b = open_backend(NULL);
    ck_assert(backend_start(b));
    ck_assert(come_true(is_fresh, b));
    return b;
}

/* Asks at one time or another with its answer in memory: no look-up goes to the server. */
static void assert_remembered(struct backend *b, struct span name)
{
    uint64_t fills = counts_of(b).fills;
    ask(b, name);
    ck_assert_uint_eq(counts_of(b).fills, fills);
}

/* From its own eyes, from the snapshot of the process before, and from the backend before. */
START_TEST(that_somebody_lives_on_both_is_remembered)
{
    char reply[256];
    config.snapshot = file;
    struct backend *b = open_fresh();
    ask(b, A);
    ck_assert(!backend_knows_both(b));
    backend_unref(b);
    b = open_fresh();
    ck_assert(!backend_knows_both(b));
    redis_server_run(&server, reply, "HSET", "coexist:user:b@example.com", "home", "both", NULL);
    ask(b, B);
    backend_unref(b);
    struct backend *before = open_backend(NULL);
    ck_assert(backend_knows_both(before));
    config.prefix = other_prefix;
    config.snapshot = NULL;
    b = open_backend(before);
    ck_assert(backend_knows_both(b));
    backend_unref(b);
    backend_unref(before);
    b = open_backend(NULL);
    ck_assert(!backend_knows_both(b));
    backend_saw_both(b);
    ck_assert(backend_knows_both(b));
    backend_unref(b);
}
END_TEST

START_TEST(nothing_is_connected_before_the_start)
{
    redis_server_kill(&server);
    struct backend *b = open_backend(NULL);
    ck_assert_int_eq(counts_of(b).state, CACHE_SUSPECT);
    ck_assert_ptr_null(b->live->tracker);
    ck_assert_ptr_nonnull(b->journal);
    journal_event(b->journal, &(struct journal_field){ "event", SPAN_LIT("kept") }, 1);
    backend_unref(b);
}
END_TEST

static bool a_is_here(struct backend *b)
{
    return ask(b, A).record.home == HOME_SECONDARY;
}

static bool b_is_known(struct backend *b)
{
    return ask(b, B).answer == STORE_FOUND;
}

static bool a_is_gone(struct backend *b)
{
    return ask(b, A).answer == STORE_ABSENT;
}

START_TEST(what_changes_in_redis_changes_here)
{
    char reply[256];
    struct backend *b = open_fresh();
    ck_assert_int_eq(ask(b, A).record.home, HOME_PRIMARY);
    ck_assert_int_eq(ask(b, B).answer, STORE_ABSENT);
    assert_remembered(b, A);
    assert_remembered(b, B);
    redis_server_run(&server, reply, "HSET", "coexist:user:a@example.com", "home", "secondary",
                     NULL);
    redis_server_run(&server, reply, "HSET", "coexist:user:b@example.com", "home", "both", NULL);
    ck_assert(come_true(a_is_here, b));
    ck_assert(come_true(b_is_known, b));
    assert_remembered(b, A);
    redis_server_run(&server, reply, "FLUSHALL", NULL);
    ck_assert(come_true(a_is_gone, b));
    backend_unref(b);
}
END_TEST

static bool a_is_struck(struct backend *b)
{
    return journal_is_open(b->journal, A, HOME_PRIMARY);
}

/* The other node is told by Redis that the breakers have changed. */
START_TEST(a_breaker_opens_on_all_nodes)
{
    struct backend *one = open_fresh();
    struct backend *other = open_fresh();
    journal_struck(one->journal, A, HOME_PRIMARY);
    ck_assert(come_true(a_is_struck, one));
    ck_assert(come_true(a_is_struck, other));
    ck_assert(!journal_is_open(other->journal, A, HOME_SECONDARY));
    ck_assert(!journal_is_open(other->journal, B, HOME_PRIMARY));
    backend_unref(one);
    backend_unref(other);
}
END_TEST

/* As the backend of a process, before the threads of another begin to look for the server. */
static void assert_known_as_stale(struct backend *b)
{
    struct store_query a = ask(b, A);
    ck_assert_int_eq(a.answer, STORE_FOUND);
    ck_assert_int_eq(a.record.home, HOME_PRIMARY);
    ck_assert(a.stale);
    ck_assert_int_eq(ask(b, B).answer, STORE_UNAVAILABLE);
}

START_TEST(a_lost_server_leaves_what_is_remembered)
{
    struct backend *b = open_fresh();
    ask(b, A);
    redis_server_kill(&server);
    ck_assert(come_true(is_down, b));
    assert_known_as_stale(b);
    redis_server_start(&server, NULL);
    ck_assert(come_true(is_fresh, b));
    ck_assert_int_eq(ask(b, A).answer, STORE_ABSENT);
    backend_unref(b);
}
END_TEST

START_TEST(a_restart_remembers_by_the_snapshot)
{
    config.snapshot = file;
    struct backend *b = open_fresh();
    ask(b, A);
    backend_unref(b);
    redis_server_kill(&server);
    b = open_backend(NULL);
    assert_known_as_stale(b);
    backend_unref(b);

    /* Of another state it says nothing. */
    config.prefix = other_prefix;
    b = open_backend(NULL);
    ck_assert_int_eq(ask(b, A).answer, STORE_UNAVAILABLE);
    backend_unref(b);
}
END_TEST

START_TEST(a_reload_remembers_by_the_one_before)
{
    struct backend *before = open_fresh();
    ask(before, A);
    redis_server_kill(&server);
    ck_assert(backend_fits(before, &config));
    config.breaker_limit = 2;
    ck_assert(!backend_fits(before, &config));
    struct backend *b = open_backend(before);
    backend_unref(before);
    ck_assert(backend_start(b));
    assert_known_as_stale(b);
    backend_unref(b);
}
END_TEST

/* The last message that used it may end long after its successor has written the file. */
START_TEST(a_retired_backend_leaves_the_snapshot_to_the_next)
{
    config.snapshot = file;
    struct backend *b = open_fresh();
    ask(b, A);
    backend_retire(b);
    ck_assert_int_eq(unlink(file), 0);
    assert_remembered(b, A);
    ask(b, B);
    backend_retire(b);
    backend_unref(b);
    ck_assert_int_eq(access(file, F_OK), -1);
}
END_TEST

START_TEST(another_state_is_another_backend)
{
    struct backend *b = open_backend(NULL);
    static const struct {
        size_t slot;
        unsigned value;
    } numbers[] = {
        { offsetof(struct config, connect_timeout_ms), 1 },
        { offsetof(struct config, command_timeout_ms), 1 },
        { offsetof(struct config, cache_entries), 0 },
        { offsetof(struct config, cache_max_age_s), 1 },
        { offsetof(struct config, stale_max_s), 1 },
        { offsetof(struct config, snapshot_interval_s), 1 },
        { offsetof(struct config, ledger_window_s), 1 },
        { offsetof(struct config, breaker_limit), 2 },
        { offsetof(struct config, breaker_window_s), 1 },
        { offsetof(struct config, events_max), 1 },
    };
    static const size_t texts[] = {
        offsetof(struct config, state),    offsetof(struct config, replica),
        offsetof(struct config, prefix),   offsetof(struct config, tls_ca),
        offsetof(struct config, tls_cert), offsetof(struct config, tls_key),
        offsetof(struct config, snapshot),
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct config other = config;
        memcpy((char *)&other + numbers[i].slot, &numbers[i].value, sizeof(unsigned));
        ck_assert_msg(!backend_fits(b, &other), "number %zu", i);
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct config other = config;
        char *text = file;
        memcpy((char *)&other + texts[i], &text, sizeof(text));
        ck_assert_msg(!backend_fits(b, &other), "text %zu", i);
    }
    struct config same = config;
    same.max_hops = 7;
    ck_assert(backend_fits(b, &same));
    backend_unref(b);
}
END_TEST

START_TEST(without_a_cache_redis_is_asked_each_time)
{
    char reply[256];
    config.cache_entries = 0;
    struct backend *b = open_backend(NULL);
    ck_assert(backend_start(b));
    ck_assert_int_eq(ask(b, A).record.home, HOME_PRIMARY);
    redis_server_run(&server, reply, "HSET", "coexist:user:a@example.com", "home", "secondary",
                     NULL);
    ck_assert_int_eq(ask(b, A).record.home, HOME_SECONDARY);
    redis_server_kill(&server);
    ck_assert_int_eq(ask(b, A).answer, STORE_UNAVAILABLE);
    backend_unref(b);
}
END_TEST

/* Records are the replica's, what this node tells goes to `state`. */
START_TEST(a_replica_is_read_and_not_written)
{
    struct redis_server replica;
    char replica_url[128], reply[256];
    redis_server_init(&replica);
    redis_server_start(&replica, NULL);
    redis_server_run(&replica, reply, "HSET", "coexist:user:a@example.com", "home", "secondary",
                     NULL);
    snprintf(replica_url, sizeof(replica_url), "unix://%s", replica.path);
    config.replica = replica_url;
    struct backend *b = open_fresh();
    ck_assert_int_eq(ask(b, A).record.home, HOME_SECONDARY);
    journal_struck(b->journal, A, HOME_PRIMARY);
    ck_assert(come_true(a_is_struck, b));
    ck_assert_str_eq(redis_server_run(&server, reply, "EXISTS", "coexist:breaker", NULL), ":1");
    ck_assert_str_eq(redis_server_run(&replica, reply, "EXISTS", "coexist:breaker", NULL), ":0");
    backend_unref(b);
    redis_server_free(&replica);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("backend");
    TCase *tc = tcase_create("backend");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, that_somebody_lives_on_both_is_remembered);
    tcase_add_test(tc, nothing_is_connected_before_the_start);
    tcase_add_test(tc, what_changes_in_redis_changes_here);
    tcase_add_test(tc, a_breaker_opens_on_all_nodes);
    tcase_add_test(tc, a_lost_server_leaves_what_is_remembered);
    tcase_add_test(tc, a_restart_remembers_by_the_snapshot);
    tcase_add_test(tc, a_reload_remembers_by_the_one_before);
    tcase_add_test(tc, a_retired_backend_leaves_the_snapshot_to_the_next);
    tcase_add_test(tc, another_state_is_another_backend);
    tcase_add_test(tc, without_a_cache_redis_is_asked_each_time);
    tcase_add_test(tc, a_replica_is_read_and_not_written);
    suite_add_tcase(suite, tc);
    return suite;
}
