#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "state/memory_journal.h"
#include "tests/unit/state/journal_bench.h"

/* What holds for every journal. */

struct bench {
    struct journal *journal;
    struct journal_bench redis;
};

static const struct kind {
    const char *name;
    void (*begin)(struct bench *b, unsigned breaker_limit);
    void (*settle)(struct bench *b); /* until what was written is there to be read */
    void (*end)(struct bench *b);
} * kind;

static void memory_begin(struct bench *b, unsigned breaker_limit)
{
    b->journal = memory_journal_new(breaker_limit);
    ck_assert_ptr_nonnull(b->journal);
}

static void memory_settle(struct bench *b)
{
    (void)b;
}

static void memory_end(struct bench *b)
{
    journal_close(b->journal);
}

static void redis_begin(struct bench *b, unsigned breaker_limit)
{
    struct redis_journal_config config = bench_ample;
    config.breaker_limit = breaker_limit;
    bench_begin();
    bench_open(&b->redis, server.path, BENCH_AMPLE_MS, &config);
    b->journal = b->redis.journal;
}

static void redis_settle(struct bench *b)
{
    ck_assert_uint_eq(bench_settle(&b->redis).refused, 0);
}

static void redis_end(struct bench *b)
{
    bench_close(&b->redis);
    redis_server_free(&server);
}

static const struct kind kinds[] = {
    { "memory", memory_begin, memory_settle, memory_end },
    { "redis", redis_begin, redis_settle, redis_end },
};

static const struct ledger_case {
    const char *what;
    const char *sent[8];
    const char *own;
    unsigned visits;
} ledger_cases[] = {
    { "never sent", { NULL }, "AAAAAAAAAAA", 0 },
    { "a retry", { "AAAAAAAAAAA", NULL }, "AAAAAAAAAAA", 0 },
    { "came again", { "AAAAAAAAAAA", NULL }, "BBBBBBBBBBB", 1 },
    { "sent twice", { "AAAAAAAAAAA", "AAAAAAAAAAA", NULL }, "BBBBBBBBBBB", 1 },
    { "third time", { "AAAAAAAAAAA", "BBBBBBBBBBB", NULL }, "CCCCCCCCCCC", 2 },
    { "its retry", { "AAAAAAAAAAA", "BBBBBBBBBBB", NULL }, "BBBBBBBBBBB", 1 },
    { "not told", { "", NULL }, "AAAAAAAAAAA", 1 },
    { "neither told", { "", "", NULL }, "", 2 },
    { "mixed", { "", "AAAAAAAAAAA", "", "BBBBBBBBBBB", NULL }, "AAAAAAAAAAA", 3 },
    { "own not told", { "AAAAAAAAAAA", "BBBBBBBBBBB", NULL }, "", 2 },
};

static struct journal_query ask(struct journal *j, const char *digest, const char *arrival)
{
    struct journal_query q = { .visit = bench_visit(digest, arrival) };
    char why[RECORD_FAULT_MAX];
    journal_visits(j, &q, 1, why);
    ck_assert_msg(q.answer == STORE_FOUND, "%s: %s", kind->name, why);
    ck_assert_str_eq(why, "");
    return q;
}

START_TEST(ledger_counts_arrivals)
{
    struct bench b;
    kind = &kinds[_i];
    kind->begin(&b, LIMIT);
    for (size_t i = 0; i < COUNT_OF(ledger_cases); i++) {
        const struct ledger_case *c = &ledger_cases[i];
        for (size_t k = 0; c->sent[k]; k++) {
            struct journal_visit v = bench_visit(c->what, c->sent[k]);
            journal_sent(b.journal, &v);
        }
        /* At once, and when all is written. */
        for (int settled = 0; settled < 2; settled++) {
            struct journal_query q = ask(b.journal, c->what, c->own);
            ck_assert_msg(q.visits == c->visits, "%s: %s: %u", kind->name, c->what, q.visits);
            kind->settle(&b);
        }
    }
    kind->end(&b);
}
END_TEST

START_TEST(many_queries_at_once)
{
    struct bench b;
    struct journal_query q[3] = { { .visit = bench_visit("one", "AAAAAAAAAAA") },
                                  { .visit = bench_visit("two", "AAAAAAAAAAA") },
                                  { .visit = bench_visit("none", "AAAAAAAAAAA") } };
    char why[RECORD_FAULT_MAX];
    kind = &kinds[_i];
    kind->begin(&b, LIMIT);
    struct journal_visit sent[] = { bench_visit("one", "BBBBBBBBBBB"),
                                    bench_visit("two", "BBBBBBBBBBB"),
                                    bench_visit("two", "CCCCCCCCCCC") };
    for (size_t i = 0; i < COUNT_OF(sent); i++)
        journal_sent(b.journal, &sent[i]);
    kind->settle(&b);
    journal_visits(b.journal, q, COUNT_OF(q), why);
    for (size_t i = 0; i < COUNT_OF(q); i++)
        ck_assert_msg(q[i].answer == STORE_FOUND, "%s: %s", kind->name, why);
    ck_assert_uint_eq(q[0].visits, 1);
    ck_assert_uint_eq(q[1].visits, 2);
    ck_assert_uint_eq(q[2].visits, 0);
    journal_visits(b.journal, q, 0, why);
    kind->end(&b);
}
END_TEST

START_TEST(more_than_many_are_many)
{
    struct bench b;
    kind = &kinds[_i];
    kind->begin(&b, LIMIT);
    for (unsigned i = 0; i < 400; i++) {
        char arrival[16];
        snprintf(arrival, sizeof(arrival), "arrival%04u", i);
        struct journal_visit v = bench_visit("storm", arrival);
        journal_sent(b.journal, &v);
    }
    kind->settle(&b);
    ck_assert_uint_eq(ask(b.journal, "storm", "AAAAAAAAAAA").visits, JOURNAL_VISITS_MAX);
    kind->end(&b);
}
END_TEST

static void strike(struct bench *b, struct span recipient, enum home home, unsigned times)
{
    while (times-- > 0)
        journal_struck(b->journal, recipient, home);
    kind->settle(b);
}

START_TEST(breaker_opens_at_its_limit)
{
    struct bench b;
    kind = &kinds[_i];
    kind->begin(&b, LIMIT);
    ck_assert(!journal_is_open(b.journal, FOO, HOME_PRIMARY));
    strike(&b, FOO, HOME_PRIMARY, LIMIT - 1);
    ck_assert(!journal_is_open(b.journal, FOO, HOME_PRIMARY));
    strike(&b, FOO, HOME_SECONDARY, 1);
    strike(&b, SPAN_LIT("bar@example.com"), HOME_PRIMARY, 1);
    ck_assert(!journal_is_open(b.journal, FOO, HOME_PRIMARY));
    strike(&b, FOO, HOME_PRIMARY, 1);
    ck_assert_msg(journal_is_open(b.journal, FOO, HOME_PRIMARY), "%s", kind->name);
    ck_assert(!journal_is_open(b.journal, FOO, HOME_SECONDARY));
    ck_assert(!journal_is_open(b.journal, SPAN_LIT("bar@example.com"), HOME_PRIMARY));
    ck_assert(!journal_is_open(b.journal, SPAN_LIT("foo@example.co"), HOME_PRIMARY));
    strike(&b, FOO, HOME_PRIMARY, LIMIT);
    ck_assert(journal_is_open(b.journal, FOO, HOME_PRIMARY));
    kind->end(&b);
}
END_TEST

START_TEST(recipients_hold_any_octet)
{
    struct bench b;
    struct span odd = unit_exact(SPAN_LIT("\"a \r\n\0%s$9*\xff:\"@example.com"));
    struct span cut = { odd.p, 5 };
    kind = &kinds[_i];
    kind->begin(&b, LIMIT);
    strike(&b, odd, HOME_BOTH, LIMIT);
    ck_assert_msg(journal_is_open(b.journal, odd, HOME_BOTH), "%s", kind->name);
    ck_assert(!journal_is_open(b.journal, cut, HOME_BOTH));
    kind->end(&b);
    free((void *)odd.p);
}
END_TEST

START_TEST(no_limit_no_breaker)
{
    struct bench b;
    kind = &kinds[_i];
    kind->begin(&b, 0);
    strike(&b, FOO, HOME_PRIMARY, 100);
    ck_assert_msg(!journal_is_open(b.journal, FOO, HOME_PRIMARY), "%s", kind->name);
    kind->end(&b);
}
END_TEST

START_TEST(events_in_memory)
{
    static char longest[JOURNAL_VALUE_MAX + 2];
    struct journal_field field[JOURNAL_FIELDS_MAX + 1];
    struct journal *j = memory_journal_new(0);
    memset(longest, 'x', JOURNAL_VALUE_MAX + 1);
    for (size_t i = 0; i < COUNT_OF(field); i++)
        field[i] = (struct journal_field){ "filler", SPAN_LIT("") };
    field[0] = (struct journal_field){ "reason", { "home-peerage", 9 } };
    field[1] = (struct journal_field){ "text", { longest, JOURNAL_VALUE_MAX + 1 } };
    field[2] = (struct journal_field){ "none", SPAN_ABSENT };
    field[JOURNAL_FIELDS_MAX].name = "beyond";
    journal_event(j, field, COUNT_OF(field));
    journal_event(j, &field[2], 1);
    ck_assert_uint_eq(memory_journal_events(j), 2);
    ck_assert_str_eq(memory_journal_value(j, 0, "reason"), "home-peer");
    ck_assert_uint_eq(strlen(memory_journal_value(j, 0, "text")), JOURNAL_VALUE_MAX);
    ck_assert_str_eq(memory_journal_value(j, 1, "none"), "");
    ck_assert_ptr_null(memory_journal_value(j, 0, "beyond"));
    ck_assert_ptr_null(memory_journal_value(j, 1, "reason"));
    ck_assert_ptr_null(memory_journal_value(j, 2, "none"));
    journal_close(j);
}
END_TEST

START_TEST(memory_can_be_away)
{
    struct journal *j = memory_journal_new(0);
    struct journal_query q = { .visit = bench_visit("x", "AAAAAAAAAAA"), .visits = 7 };
    char why[RECORD_FAULT_MAX];
    memory_journal_set_away(j, true);
    journal_sent(j, &q.visit);
    journal_visits(j, &q, 1, why);
    ck_assert_int_eq(q.answer, STORE_UNAVAILABLE);
    ck_assert_uint_eq(q.visits, 0);
    ck_assert_str_eq(why, "the journal is away");
    memory_journal_set_away(j, false);
    strcpy(q.visit.arrival, "BBBBBBBBBBB");
    journal_visits(j, &q, 1, why);
    ck_assert_int_eq(q.answer, STORE_FOUND);
    ck_assert_uint_eq(q.visits, 1);
    ck_assert_str_eq(why, "");
    journal_close(j);
    journal_close(NULL);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("journal");
    TCase *tc = tcase_create("journal");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, ledger_counts_arrivals, 0, COUNT_OF(kinds));
    tcase_add_loop_test(tc, many_queries_at_once, 0, COUNT_OF(kinds));
    tcase_add_loop_test(tc, more_than_many_are_many, 0, COUNT_OF(kinds));
    tcase_add_loop_test(tc, breaker_opens_at_its_limit, 0, COUNT_OF(kinds));
    tcase_add_loop_test(tc, recipients_hold_any_octet, 0, COUNT_OF(kinds));
    tcase_add_loop_test(tc, no_limit_no_breaker, 0, COUNT_OF(kinds));
    tcase_add_test(tc, events_in_memory);
    tcase_add_test(tc, memory_can_be_away);
    suite_add_tcase(suite, tc);
    return suite;
}
