#include "tests/unit/engine/snapshot_fixture.h"

#include <poll.h>
#include <pthread.h>

#include "engine/keeper.h"
#include "state/deadline.h"
#include "sys/clock.h"

#define PATIENCE_MS 60000
#define QUICK_MS 1
#define NEVER_S 86400
#define ROUNDS 20 /* of a keeper, in which it would have done what it must not */

static const struct snapshot ours = { .file = path, .origin = "state" };

static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned told_failed, told_works;
static char last_told[400];

static void take_told(void *arg, bool warning, const char *event, const char *text)
{
    (void)arg;
    pthread_mutex_lock(&told_lock);
    told_failed += warning && strcmp(event, "snapshot-failed") == 0;
    told_works += !warning && strcmp(event, "snapshot-works") == 0;
    snprintf(last_told, sizeof(last_told), "%s", text);
    pthread_mutex_unlock(&told_lock);
}

static unsigned told(const unsigned *count)
{
    pthread_mutex_lock(&told_lock);
    unsigned n = *count;
    pthread_mutex_unlock(&told_lock);
    return n;
}

/* Waits until a condition holds, which it must in the end. */
#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        int64_t deadline = deadline_in(PATIENCE_MS);                                               \
        while (!(condition) && deadline_left(deadline) > 0)                                        \
            poll(NULL, 0, 1);                                                                      \
        ck_assert_msg(condition, "in vain: " #condition);                                          \
    } while (0)

static void begin(void)
{
    empty_folder();
    told_failed = told_works = 0;
    atomic_store(&clock_reads, 0);
}

static struct keeper *keeper_over(struct store *cache, unsigned interval_ms)
{
    const struct keeper_config config = { .snapshot = ours,
                                          .cache = cache,
                                          .key = &signer,
                                          .interval_s = NEVER_S,
                                          .interval_ms = interval_ms,
                                          .teller = { .tell = take_told } };
    struct keeper *k = keeper_start(&config);
    ck_assert_ptr_nonnull(k);
    return k;
}

/* A store that knows everything. */
static struct store *cache_full(void)
{
    return cache_over(failing_store_new(STORE_ABSENT, NULL));
}

/* Tells one file that takes the name from the next. */
static ino_t file_number(void)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

/* How many records the file holds; 0 as well where there is none. */
static size_t records_in_file(const struct key *key)
{
    const struct keyring ring = ring_of(key, NULL);
    char error[SNAPSHOT_ERROR_MAX];
    struct store *cache = cache_alone();
    size_t records = 0;
    bool read = snapshot_read(&ours, cache, &ring, clock_utc(), &records, error);
    store_close(cache);
    return read ? records : 0;
}

START_TEST(changes_are_written_from_time_to_time)
{
    struct store *cache = cache_full();
    struct keeper *k = keeper_over(cache, QUICK_MS);
    ask(cache, RECORD_USER, "a@b.cd");
    WAIT_FOR(records_in_file(&signer) == 1);
    ask(cache, RECORD_USER, "b@b.cd");
    WAIT_FOR(records_in_file(&signer) == 2);
    cache_invalidate(cache, RECORD_USER, SPAN_LIT("a@b.cd"));
    WAIT_FOR(records_in_file(&signer) == 1);
    keeper_stop(k);
    store_close(cache);
    ck_assert_uint_eq(told_failed, 0);
    ck_assert_uint_eq(told_works, 0);
}
END_TEST

START_TEST(what_changed_is_written_at_the_end)
{
    struct store *cache = cache_full();
    struct keeper *k = keeper_over(cache, 0);
    ask(cache, RECORD_USER, "a@b.cd");
    ask(cache, RECORD_USER, "b@b.cd");
    keeper_stop(k);
    ck_assert_uint_eq(records_in_file(&signer), 2);
    store_close(cache);
    keeper_stop(NULL);
}
END_TEST

START_TEST(what_changed_before_the_start_is_written)
{
    struct store *cache = cache_full();
    ask(cache, RECORD_USER, "a@b.cd");
    struct keeper *k = keeper_over(cache, 0);
    keeper_stop(k);
    ck_assert_uint_eq(records_in_file(&signer), 1);
    store_close(cache);
}
END_TEST

static struct store *cache_from_file(void)
{
    const struct store_query q = { .name = SPAN_LIT("a@b.cd"), .answer = STORE_ABSENT };
    struct store *cache = cache_alone();
    ck_assert(cache_remember(cache, &q, NOW));
    return cache;
}

/* The keeper of another cache shows that time goes on; a slow one can only miss a fault. */
static void let_time_pass(void)
{
    struct store *cache = cache_full();
    const struct snapshot elsewhere = { .file = "/nonexistent/coexist/s", .origin = "o" };
    const struct keeper_config config = { .snapshot = elsewhere,
                                          .cache = cache,
                                          .key = &signer,
                                          .interval_ms = QUICK_MS,
                                          .teller = { .tell = take_told } };
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned before = told(&told_failed);
        struct keeper *k = keeper_start(&config);
        ck_assert_ptr_nonnull(k);
        ask(cache, RECORD_USER, "a@b.cd");
        WAIT_FOR(told(&told_failed) > before);
        keeper_stop(k);
    }
    store_close(cache);
}

START_TEST(what_came_from_the_file_is_not_written_back)
{
    struct store *cache = cache_from_file();
    struct keeper *k = keeper_over(cache, QUICK_MS);
    let_time_pass();
    keeper_stop(k);
    ck_assert_uint_eq(file_number(), 0);
    store_close(cache);
}
END_TEST

START_TEST(another_key_signs_from_then_on)
{
    struct store *cache = cache_from_file();
    struct keeper *k = keeper_over(cache, 0);
    keeper_use_key(k, &signer);
    keeper_stop(k);
    ck_assert_uint_eq(file_number(), 0);
    k = keeper_over(cache, QUICK_MS);
    keeper_use_key(k, &second_key);
    WAIT_FOR(records_in_file(&second_key) == 1);
    keeper_stop(k);
    ck_assert_uint_eq(records_in_file(&signer), 0);
    store_close(cache);
}
END_TEST

/* What is fresh is right as of now, though nothing happens. */
START_TEST(a_fresh_cache_is_written_anew)
{
    struct store *cache = cache_full();
    cache_set_state(cache, CACHE_FRESH);
    ask(cache, RECORD_USER, "a@b.cd");
    struct keeper *k = keeper_over(cache, QUICK_MS);
    WAIT_FOR(file_number() != 0);
    for (unsigned i = 0; i < 3; i++) {
        ino_t before = file_number();
        WAIT_FOR(file_number() != before);
    }
    keeper_stop(k);
    ino_t before = file_number();
    k = keeper_over(cache, 0);
    keeper_stop(k);
    ck_assert_uint_ne(file_number(), before);
    store_close(cache);
}
END_TEST

/* A start without state: what the file holds may be of use yet. */
START_TEST(an_empty_cache_leaves_the_file)
{
    struct store *cache = cache_alone();
    struct keeper *k = keeper_over(cache, QUICK_MS);
    for (unsigned i = 0; i < ROUNDS; i++)
        ask(cache, RECORD_USER, "a@b.cd");
    let_time_pass();
    keeper_stop(k);
    ck_assert_uint_eq(file_number(), 0);
    store_close(cache);
}
END_TEST

/* What was taken back must not come back with the next start. */
START_TEST(a_cache_that_was_emptied_is_written)
{
    struct store *cache = cache_from_file();
    ask(cache, RECORD_USER, "a@b.cd");
    struct keeper *k = keeper_over(cache, 0);
    keeper_stop(k);
    ck_assert_uint_eq(records_in_file(&signer), 1);
    k = keeper_over(cache, 0);
    cache_invalidate_all(cache);
    keeper_stop(k);
    ck_assert_uint_ne(file_number(), 0);
    ck_assert_uint_eq(records_in_file(&signer), 0);
    store_close(cache);
}
END_TEST

/* The folder in its place lets the walk go on, which reads the clock for each shard. */
START_TEST(a_failure_is_told_once_until_it_works_again)
{
    struct store *cache = cache_full();
    ck_assert_int_eq(mkdir(path, 0700), 0);
    struct keeper *k = keeper_over(cache, QUICK_MS);
    ask(cache, RECORD_USER, "a@b.cd");
    for (unsigned round = 1; round <= 2; round++) {
        WAIT_FOR(told(&told_failed) == round);
        ck_assert_ptr_nonnull(strstr(last_told, "/snapshot: the snapshot cannot be written: "));
        unsigned reads = atomic_load(&clock_reads);
        WAIT_FOR(atomic_load(&clock_reads) >= reads + ROUNDS * CACHE_SHARDS);
        ck_assert_uint_eq(told(&told_failed), round);
        ck_assert_uint_eq(told(&told_works), round - 1);
        ck_assert_int_eq(rmdir(path), 0);
        WAIT_FOR(told(&told_works) == round);
        ck_assert_ptr_nonnull(strstr(last_told, "/snapshot is written again, with 1 records"));
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(mkdir(path, 0700), 0);
        ask(cache, RECORD_USER, "a@b.cd");
        cache_invalidate(cache, RECORD_USER, SPAN_LIT("none@b.cd"));
    }
    keeper_stop(k);
    store_close(cache);
    ck_assert_uint_eq(told_failed, 3);
    ck_assert_uint_eq(told_works, 2);
    ck_assert_uint_eq(files_in_folder(), 1);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("keeper");
    TCase *tc = tcase_create("keeper");
    tcase_set_timeout(tc, 120);
    tcase_add_unchecked_fixture(tc, make_folder, remove_folder);
    tcase_add_checked_fixture(tc, begin, NULL);
    tcase_add_test(tc, changes_are_written_from_time_to_time);
    tcase_add_test(tc, what_changed_is_written_at_the_end);
    tcase_add_test(tc, what_changed_before_the_start_is_written);
    tcase_add_test(tc, what_came_from_the_file_is_not_written_back);
    tcase_add_test(tc, another_key_signs_from_then_on);
    tcase_add_test(tc, a_fresh_cache_is_written_anew);
    tcase_add_test(tc, an_empty_cache_leaves_the_file);
    tcase_add_test(tc, a_cache_that_was_emptied_is_written);
    tcase_add_test(tc, a_failure_is_told_once_until_it_works_again);
    suite_add_tcase(suite, tc);
    return suite;
}
