#ifndef COEXIST_TESTS_JOURNAL_BENCH_H
#define COEXIST_TESTS_JOURNAL_BENCH_H

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "state/deadline.h"
#include "state/redis_journal.h"
#include "tests/support/redis_server.h"
#include "tests/support/unit.h"

/* A journal on a server of the test's own. */

#define BENCH_AMPLE_MS 20000
#define BENCH_SHORT_MS 1000
#define LIMIT 3 /* of the breaker */
#define WINDOW 3600
#define FOO SPAN_LIT("foo@example.com")

static const struct redis_journal_config bench_ample = { .queue_max = 100000,
                                                         .events_max = 1000000,
                                                         .ledger_window_s = WINDOW,
                                                         .breaker_limit = LIMIT,
                                                         .breaker_window_s = WINDOW };

/* No breaker: nothing is sent but what is put into the queue. */
static const struct redis_journal_config bench_plain = { .queue_max = 100000,
                                                         .events_max = 1000000,
                                                         .ledger_window_s = WINDOW };

/* The one server of a test. */
static struct redis_server server;

struct journal_bench {
    struct redis_target *target;
    struct redis_client *client;
    struct journal *journal;
};

static inline void bench_open_as(struct journal_bench *b, const struct redis_config *to,
                                 const struct redis_journal_config *config)
{
    struct redis_journal_config c = *config;
    b->target = redis_target_new(to);
    b->client = redis_client_new(b->target);
    c.client = b->client;
    b->journal = redis_journal_new(&c);
    ck_assert_ptr_nonnull(b->journal);
    ck_assert(redis_journal_start(b->journal));
}

static inline void bench_open(struct journal_bench *b, const char *path, unsigned command_ms,
                              const struct redis_journal_config *config)
{
    const struct redis_config to = { .path = path,
                                     .prefix = "coexist:",
                                     .connect_timeout_ms = BENCH_AMPLE_MS,
                                     .command_timeout_ms = command_ms };
    bench_open_as(b, &to, config);
}

static inline void bench_close(struct journal_bench *b)
{
    journal_close(b->journal);
    redis_client_free(b->client);
    redis_target_free(b->target);
}

static inline struct redis_journal_counts bench_count(const struct journal_bench *b)
{
    struct redis_journal_counts c;
    redis_journal_count(b->journal, &c);
    return c;
}

/* Waits until nothing waits any more, and sees to it that nothing went astray. */
static inline struct redis_journal_counts bench_settle(const struct journal_bench *b)
{
    int64_t end = deadline_in(BENCH_AMPLE_MS);
    struct redis_journal_counts c;
    while ((c = bench_count(b)).waiting > 0) {
        ck_assert_msg(deadline_left(end) > 0, "%zu entries wait", c.waiting);
        poll(NULL, 0, 1);
    }
    uint64_t taken = c.events + c.sent + c.strikes;
    ck_assert_msg(c.written + c.refused + c.dropped == taken, "%lu of %lu entries",
                  (unsigned long)(c.written + c.refused + c.dropped), (unsigned long)taken);
    return c;
}

static inline struct journal_visit bench_visit(const char *digest, const char *arrival)
{
    struct journal_visit v;
    memset(&v, 0, sizeof(v));
    memset(v.digest, '_', JOURNAL_DIGEST_LEN);
    memcpy(v.digest, digest, strnlen(digest, JOURNAL_DIGEST_LEN));
    memcpy(v.arrival, arrival, strnlen(arrival, JOURNAL_ARRIVAL_LEN));
    return v;
}

static inline void bench_begin(void)
{
    redis_server_init(&server);
    redis_server_start(&server, NULL);
}

/* What the script answers, as a text. */
static inline const char *bench_script(char reply[256], const char *text)
{
    char whole[2048];
    snprintf(whole, sizeof(whole), "local function f() %s end return {ok = tostring((f()))}", text);
    redis_server_run(&server, reply, "EVAL", whole, "0", NULL);
    return reply + 1;
}

static inline void bench_assert(const char *text, const char *want)
{
    char reply[256];
    const char *got = bench_script(reply, text);
    ck_assert_msg(strcmp(got, want) == 0, "%s: %s, want %s", text, got, want);
}

static inline long bench_number(const char *text)
{
    char reply[256];
    return strtol(bench_script(reply, text), NULL, 10);
}

static inline void bench_run(const char *text)
{
    char reply[256];
    bench_script(reply, text);
}

static inline void bench_event(struct journal *j, unsigned number)
{
    char digits[16];
    int n = snprintf(digits, sizeof(digits), "%u", number);
    const struct journal_field field[] = { { "n", { digits, (size_t)n } },
                                           { "reason", SPAN_LIT("home-peer") } };
    journal_event(j, field, COUNT_OF(field));
}

static inline void bench_events(struct journal *j, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++)
        bench_event(j, i);
}

static inline void bench_sent(struct journal *j, const char *digest, const char *arrival)
{
    struct journal_visit v = bench_visit(digest, arrival);
    journal_sent(j, &v);
}

static inline struct journal_query bench_ask(struct journal *j, const char *digest,
                                             const char *arrival, char why[RECORD_FAULT_MAX])
{
    struct journal_query q = { .visit = bench_visit(digest, arrival) };
    journal_visits(j, &q, 1, why);
    return q;
}

static inline void bench_strike(struct journal_bench *b, struct span recipient, unsigned times)
{
    while (times-- > 0)
        journal_struck(b->journal, recipient, HOME_PRIMARY);
    bench_settle(b);
}

static inline void bench_assert_open(struct journal_bench *b, bool want)
{
    int64_t end = deadline_in(BENCH_AMPLE_MS);
    while (journal_is_open(b->journal, FOO, HOME_PRIMARY) != want) {
        ck_assert_msg(deadline_left(end) > 0, "still %s", want ? "closed" : "open");
        poll(NULL, 0, 1);
    }
}

struct heard {
    pthread_mutex_t lock;
    unsigned refused, dropped;
    char text[512];
};

static inline void bench_hear(void *arg, bool warning, const char *event_name, const char *text)
{
    struct heard *h = arg;
    pthread_mutex_lock(&h->lock);
    h->refused += warning && strcmp(event_name, "journal-refused") == 0;
    h->dropped += warning && strcmp(event_name, "journal-dropped") == 0;
    snprintf(h->text, sizeof(h->text), "%s", text);
    pthread_mutex_unlock(&h->lock);
}

#endif
