#include "tests/support/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "sys/metrics.h"

static const char *color(unsigned value)
{
    static const char *const names[] = { "red", "gr\"een" };
    return names[value];
}

static const char *size(unsigned value)
{
    static const char *const names[] = { "s", "m", "l" };
    return names[value];
}

enum { PLAIN, COLORED, SPARSE, TOOK, TABLE_SIZE };

static const struct metric table[TABLE_SIZE] = {
    [PLAIN] = { "plain_total", "One number.", METRIC_COUNTER, false, { { NULL, 0, NULL } } },
    [COLORED] = { "colored_total", "By color.", METRIC_COUNTER, false, { { "color", 2, color } } },
    [SPARSE] = { "sparse_total",
                 "By both.",
                 METRIC_COUNTER,
                 true,
                 { { "color", 2, color }, { "size", 3, size } } },
    [TOOK] = { "took_seconds", "How long.", METRIC_SECONDS, false, { { NULL, 0, NULL } } },
};

static struct metrics *m;

static void setup(void)
{
    m = metrics_new(table, TABLE_SIZE);
    ck_assert_ptr_nonnull(m);
}

static void teardown(void)
{
    metrics_free(m);
}

static struct metric_at at(unsigned first, unsigned second)
{
    return (struct metric_at){ { first, second } };
}

static void assert_page(const char *want)
{
    struct buf out;
    buf_init(&out, 10000);
    metrics_write(m, &out);
    ck_assert(buf_ok(&out));
    ck_assert_str_eq(buf_text(&out), want);
    buf_free(&out);
}

#define EMPTY_PAGE                                                                                 \
    "# HELP plain_total One number.\n"                                                             \
    "# TYPE plain_total counter\n"                                                                 \
    "plain_total 0\n"                                                                              \
    "# HELP colored_total By color.\n"                                                             \
    "# TYPE colored_total counter\n"                                                               \
    "colored_total{color=\"red\"} 0\n"                                                             \
    "colored_total{color=\"gr\\\"een\"} 0\n"                                                       \
    "# HELP sparse_total By both.\n"                                                               \
    "# TYPE sparse_total counter\n"                                                                \
    "# HELP took_seconds How long.\n"                                                              \
    "# TYPE took_seconds histogram\n"                                                              \
    "took_seconds_bucket{le=\"0.00005\"} 0\n"                                                      \
    "took_seconds_bucket{le=\"0.0001\"} 0\n"                                                       \
    "took_seconds_bucket{le=\"0.00025\"} 0\n"                                                      \
    "took_seconds_bucket{le=\"0.0005\"} 0\n"                                                       \
    "took_seconds_bucket{le=\"0.001\"} 0\n"                                                        \
    "took_seconds_bucket{le=\"0.0025\"} 0\n"                                                       \
    "took_seconds_bucket{le=\"0.005\"} 0\n"                                                        \
    "took_seconds_bucket{le=\"0.01\"} 0\n"                                                         \
    "took_seconds_bucket{le=\"0.025\"} 0\n"                                                        \
    "took_seconds_bucket{le=\"0.05\"} 0\n"                                                         \
    "took_seconds_bucket{le=\"0.1\"} 0\n"                                                          \
    "took_seconds_bucket{le=\"0.25\"} 0\n"                                                         \
    "took_seconds_bucket{le=\"0.5\"} 0\n"                                                          \
    "took_seconds_bucket{le=\"1\"} 0\n"                                                            \
    "took_seconds_bucket{le=\"+Inf\"} 0\n"                                                         \
    "took_seconds_sum 0\n"                                                                         \
    "took_seconds_count 0\n"

START_TEST(a_new_page_says_zero)
{
    assert_page(EMPTY_PAGE);
}
END_TEST

START_TEST(what_is_counted_is_written)
{
    metrics_add(m, PLAIN, at(0, 0), 1);
    metrics_add(m, PLAIN, at(0, 0), 41);
    metrics_add(m, COLORED, at(1, 0), 3);
    metrics_add(m, SPARSE, at(0, 2), 5);
    metrics_add(m, SPARSE, at(1, 0), 6);
    metrics_observe(m, TOOK, 51);
    assert_page("# HELP plain_total One number.\n"
                "# TYPE plain_total counter\n"
                "plain_total 42\n"
                "# HELP colored_total By color.\n"
                "# TYPE colored_total counter\n"
                "colored_total{color=\"red\"} 0\n"
                "colored_total{color=\"gr\\\"een\"} 3\n"
                "# HELP sparse_total By both.\n"
                "# TYPE sparse_total counter\n"
                "sparse_total{color=\"red\",size=\"l\"} 5\n"
                "sparse_total{color=\"gr\\\"een\",size=\"s\"} 6\n"
                "# HELP took_seconds How long.\n"
                "# TYPE took_seconds histogram\n"
                "took_seconds_bucket{le=\"0.00005\"} 0\n"
                "took_seconds_bucket{le=\"0.0001\"} 1\n"
                "took_seconds_bucket{le=\"0.00025\"} 1\n"
                "took_seconds_bucket{le=\"0.0005\"} 1\n"
                "took_seconds_bucket{le=\"0.001\"} 1\n"
                "took_seconds_bucket{le=\"0.0025\"} 1\n"
                "took_seconds_bucket{le=\"0.005\"} 1\n"
                "took_seconds_bucket{le=\"0.01\"} 1\n"
                "took_seconds_bucket{le=\"0.025\"} 1\n"
                "took_seconds_bucket{le=\"0.05\"} 1\n"
                "took_seconds_bucket{le=\"0.1\"} 1\n"
                "took_seconds_bucket{le=\"0.25\"} 1\n"
                "took_seconds_bucket{le=\"0.5\"} 1\n"
                "took_seconds_bucket{le=\"1\"} 1\n"
                "took_seconds_bucket{le=\"+Inf\"} 1\n"
                "took_seconds_sum 0.000051\n"
                "took_seconds_count 1\n");
}
END_TEST

/* Each sample of the table is a cell of its own. */
START_TEST(samples_do_not_mix)
{
    uint64_t n = 1;
    for (unsigned c = 0; c < 2; c++) {
        metrics_add(m, COLORED, at(c, 0), n++);
        for (unsigned s = 0; s < 3; s++)
            metrics_add(m, SPARSE, at(c, s), n++);
    }
    n = 1;
    for (unsigned c = 0; c < 2; c++) {
        ck_assert_uint_eq(metrics_read(m, COLORED, at(c, 0)), n++);
        for (unsigned s = 0; s < 3; s++)
            ck_assert_uint_eq(metrics_read(m, SPARSE, at(c, s)), n++);
    }
    ck_assert_uint_eq(metrics_read(m, PLAIN, at(0, 0)), 0);
}
END_TEST

START_TEST(what_is_not_in_the_table_is_not_counted)
{
    metrics_add(m, COLORED, at(2, 0), 1);
    metrics_add(m, SPARSE, at(0, 3), 1);
    metrics_add(m, TOOK, at(0, 0), 1);
    metrics_add(m, TABLE_SIZE, at(0, 0), 1);
    metrics_observe(m, PLAIN, 1);
    metrics_observe(m, TABLE_SIZE, 1);
    ck_assert_uint_eq(metrics_read(m, COLORED, at(2, 0)), 0);
    ck_assert_uint_eq(metrics_read(m, TABLE_SIZE, at(0, 0)), 0);
    assert_page(EMPTY_PAGE);
}
END_TEST

static uint64_t number_behind(const char *page, const char *name)
{
    uint64_t value;
    const char *line = strstr(page, name);
    ck_assert_msg(line, "no %s in:\n%s", name, page);
    struct span rest = span_of(line + strlen(name));
    ck_assert(span_number((struct span){ rest.p, span_find(rest, '\n') }, &value));
    return value;
}

/* A bound belongs to its bucket. */
START_TEST(durations_fall_into_their_bucket)
{
    static const struct {
        int64_t us;
        const char *below, *within; /* the last bucket without it, the first with it */
    } rows[] = {
        { -1, NULL, "0.00005" },     { 0, NULL, "0.00005" },      { 50, NULL, "0.00005" },
        { 51, "0.00005", "0.0001" }, { 1000, "0.0005", "0.001" }, { 1001, "0.001", "0.0025" },
        { 999999, "0.5", "1" },      { 1000000, "0.5", "1" },     { 1000001, "1", "+Inf" },
        { INT64_MAX, "1", "+Inf" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out;
        char line[64];
        teardown();
        setup();
        metrics_observe(m, TOOK, rows[i].us);
        buf_init(&out, 10000);
        metrics_write(m, &out);
        snprintf(line, sizeof(line), "took_seconds_bucket{le=\"%s\"} ", rows[i].within);
        ck_assert_uint_eq(number_behind(buf_text(&out), line), 1);
        snprintf(line, sizeof(line), "took_seconds_bucket{le=\"%s\"} ", rows[i].below);
        if (rows[i].below)
            ck_assert_uint_eq(number_behind(buf_text(&out), line), 0);
        ck_assert_uint_eq(number_behind(buf_text(&out), "took_seconds_count "), 1);
        buf_free(&out);
    }
}
END_TEST

#define THREADS 24 /* more than there are copies of the cells */
#define ROUNDS 20000
#define ROUNDS_WATCHED 500

static atomic_bool over;
static unsigned rounds;

static void *count_much(void *arg)
{
    unsigned who = *(const unsigned *)arg;
    for (unsigned i = 0; i < rounds; i++) {
        metrics_add(m, PLAIN, at(0, 0), 1);
        metrics_add(m, SPARSE, at(who % 2, i % 3), 2);
        metrics_observe(m, TOOK, i);
    }
    return NULL;
}

/* What is read never goes back, and a histogram agrees with itself. */
static void *read_along(void *faults)
{
    uint64_t plain = 0, took = 0;
    while (!atomic_load(&over)) {
        struct buf out;
        buf_init(&out, 10000);
        metrics_write(m, &out);
        uint64_t p = number_behind(buf_text(&out), "\nplain_total ");
        uint64_t all = number_behind(buf_text(&out), "took_seconds_bucket{le=\"+Inf\"} ");
        uint64_t n = number_behind(buf_text(&out), "took_seconds_count ");
        if (p < plain || n < took || n != all)
            ++*(unsigned *)faults;
        plain = p;
        took = n;
        buf_free(&out);
    }
    return NULL;
}

START_TEST(nothing_is_lost_between_threads)
{
    pthread_t thread[THREADS], reader;
    unsigned who[THREADS], faults = 0;
    rounds = unit_is_watched() ? ROUNDS_WATCHED : ROUNDS;
    atomic_store(&over, false);
    ck_assert_int_eq(pthread_create(&reader, NULL, read_along, &faults), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        who[i] = i;
        ck_assert_int_eq(pthread_create(&thread[i], NULL, count_much, &who[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    atomic_store(&over, true);
    pthread_join(reader, NULL);
    ck_assert_uint_eq(faults, 0);
    ck_assert_uint_eq(metrics_read(m, PLAIN, at(0, 0)), (uint64_t)THREADS * rounds);
    uint64_t sparse = 0;
    for (unsigned c = 0; c < 2; c++)
        for (unsigned s = 0; s < 3; s++)
            sparse += metrics_read(m, SPARSE, at(c, s));
    ck_assert_uint_eq(sparse, UINT64_C(2) * THREADS * rounds);
}
END_TEST

START_TEST(a_table_that_passes_a_limit_is_refused)
{
    static const struct metric huge[] = {
        { "a_total", "A.", METRIC_COUNTER, false, { { "x", 64, size }, { "y", 65, size } } },
    };
    static struct metric many[METRICS_MAX + 1];
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = table[PLAIN];
    ck_assert_ptr_null(metrics_new(huge, 1));
    ck_assert_ptr_null(metrics_new(many, METRICS_MAX + 1));
    ck_assert_ptr_null(metrics_new(table, 0));
    struct metrics *most = metrics_new(many, METRICS_MAX);
    ck_assert_ptr_nonnull(most);
    metrics_add(most, METRICS_MAX - 1, at(0, 0), 1);
    ck_assert_uint_eq(metrics_read(most, METRICS_MAX - 1, at(0, 0)), 1);
    metrics_free(most);
    metrics_free(NULL);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tc = tcase_create("metrics");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_new_page_says_zero);
    tcase_add_test(tc, what_is_counted_is_written);
    tcase_add_test(tc, samples_do_not_mix);
    tcase_add_test(tc, what_is_not_in_the_table_is_not_counted);
    tcase_add_test(tc, durations_fall_into_their_bucket);
    tcase_add_test(tc, nothing_is_lost_between_threads);
    tcase_add_test(tc, a_table_that_passes_a_limit_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
