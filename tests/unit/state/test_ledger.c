#include "tests/support/unit.h"

#include <string.h>

#include "state/ledger.h"

#define MANY JOURNAL_VISITS_MAX

static const struct value_case {
    const char *value;
    const char *own;
    unsigned visits;
    bool good;
} value_cases[] = {
    { "", "AAAAAAAAAAA", 0, true },
    { "AAAAAAAAAAA,", "AAAAAAAAAAA", 0, true },
    { "AAAAAAAAAAA,", "BBBBBBBBBBB", 1, true },
    { "AAAAAAAAAAA,", "", 1, true },
    { "AAAAAAAAAAA,AAAAAAAAAAA,", "BBBBBBBBBBB", 1, true },
    { "AAAAAAAAAAA,BBBBBBBBBBB,AAAAAAAAAAA,", "BBBBBBBBBBB", 1, true },
    { "AAAAAAAAAAA,BBBBBBBBBBB,", "CCCCCCCCCCC", 2, true },
    { "AAAAAAAAAAA,AAAAAAAAAAB,aAAAAAAAAAA,", "BBBBBBBBBBB", 3, true },
    { "-,", "AAAAAAAAAAA", 1, true },
    { "-,-,-,", "AAAAAAAAAAA", 3, true },
    { "-,-,", "", 2, true },
    { "-,AAAAAAAAAAA,-,", "AAAAAAAAAAA", 2, true },
    { "----_____09,a,", "AAAAAAAAAAA", 2, true },
    { "*", "AAAAAAAAAAA", MANY, true },
    { "*AAAAAAAAAAA,", "AAAAAAAAAAA", MANY, true },
    { "*\n\xff", "", MANY, true },
    { "AAAAAAAAAAA", "AAAAAAAAAAA", 0, false },
    { "AAAAAAAAAAA,B", "AAAAAAAAAAA", 0, false },
    { ",", "", 0, false },
    { "AAAAAAAAAAA,,", "", 0, false },
    { "AAAAAAAAAAAA,", "", 0, false },
    { "AAAA AAAAAA,", "", 0, false },
    { "AAAAAAAAAAA,\xff,", "", 0, false },
    { "7", "", 0, false },
};

static struct journal_visit visit_of(const char *own)
{
    struct journal_visit v = { .digest = "0123456789abcdefghijkl" };
    strcpy(v.arrival, own);
    return v;
}

START_TEST(visits_of_a_value)
{
    const struct value_case *c = &value_cases[_i];
    struct journal_visit v = visit_of(c->own);
    struct span value = unit_exact(span_of(c->value));
    unsigned visits;
    ck_assert_msg(ledger_visits(value, SPAN_ABSENT, &v, &visits) == c->good, "'%s'", c->value);
    if (c->good)
        ck_assert_msg(visits == c->visits, "'%s' for '%s': %u", c->value, c->own, visits);
    free((void *)value.p);
}
END_TEST

START_TEST(recent_visits_count_once_with_written_ones)
{
    static const struct {
        const char *value, *recent, *own;
        unsigned visits;
        bool good;
    } rows[] = {
        { "", "AAAAAAAAAAA,", "BBBBBBBBBBB", 1, true },
        { "", "AAAAAAAAAAA,", "AAAAAAAAAAA", 0, true },
        { "AAAAAAAAAAA,", "AAAAAAAAAAA,", "BBBBBBBBBBB", 1, true },
        { "AAAAAAAAAAA,", "BBBBBBBBBBB,AAAAAAAAAAA,", "CCCCCCCCCCC", 2, true },
        { "*", "AAAAAAAAAAA,", "", MANY, true },
        { "AAAAAAAAAAA,", "B", "", 0, false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct journal_visit v = visit_of(rows[i].own);
        struct span value = unit_exact(span_of(rows[i].value));
        struct span recent = unit_exact(span_of(rows[i].recent));
        unsigned visits;
        ck_assert_msg(ledger_visits(value, recent, &v, &visits) == rows[i].good, "row %zu", i);
        if (rows[i].good)
            ck_assert_msg(visits == rows[i].visits, "row %zu: %u", i, visits);
        free((void *)value.p);
        free((void *)recent.p);
    }
}
END_TEST

/* n different arrivals, the first of them told times over, and some that are not told. */
static void fill(struct buf *b, unsigned n, unsigned times, unsigned untold)
{
    for (unsigned i = 0; i < n; i++)
        buf_addf(b, "arrival%04u,", i);
    for (unsigned i = 0; i < times; i++)
        buf_adds(b, "arrival0000,");
    for (unsigned i = 0; i < untold; i++)
        buf_adds(b, "-,");
}

static const struct count_case {
    unsigned n, times, untold, visits;
} count_cases[] = {
    { MANY - 1, 0, 0, MANY - 1 }, { MANY, 0, 0, MANY },
    { MANY + 1, 0, 0, MANY },     { 1, 100, 0, 1 },
    { MANY - 2, 0, 1, MANY - 1 }, { MANY - 1, 0, 2, MANY },
    { 0, 0, 1000, MANY },         { 2, 167, 9, 11 },
    { 2, 168, 9, MANY }, /* one item more than the longest value */
};

START_TEST(visits_are_counted_up_to_many)
{
    const struct count_case *c = &count_cases[_i];
    struct journal_visit v = visit_of("AAAAAAAAAAA");
    unsigned visits;
    struct buf b;
    buf_init(&b, 1 << 20);
    fill(&b, c->n, c->times, c->untold);
    ck_assert(buf_ok(&b) && ledger_visits(buf_span(&b), SPAN_ABSENT, &v, &visits));
    ck_assert_msg(visits == c->visits, "%u of %zu octets", visits, b.n);
    buf_free(&b);
}
END_TEST

START_TEST(what_is_added_is_what_is_read)
{
    static const char *const arrivals[] = { "", "AAAAAAAAAAA", "-", "x" };
    static const char *const items[] = { "-,", "AAAAAAAAAAA,", "-,", "x," };
    for (size_t i = 0; i < COUNT_OF(arrivals); i++) {
        struct journal_visit v = visit_of(arrivals[i]);
        struct ledger_item item = ledger_item(&v);
        unit_assert_span((struct span){ item.text, item.n }, items[i], arrivals[i]);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("ledger");
    TCase *tc = tcase_create("ledger");
    tcase_add_loop_test(tc, visits_of_a_value, 0, COUNT_OF(value_cases));
    tcase_add_test(tc, recent_visits_count_once_with_written_ones);
    tcase_add_loop_test(tc, visits_are_counted_up_to_many, 0, COUNT_OF(count_cases));
    tcase_add_test(tc, what_is_added_is_what_is_read);
    suite_add_tcase(suite, tc);
    return suite;
}
