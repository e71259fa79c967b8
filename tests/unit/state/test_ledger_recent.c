#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "state/ledger_recent.h"

static struct ledger_recent *recent;

static void setup(void)
{
    recent = calloc(1, sizeof(*recent));
    ck_assert_ptr_nonnull(recent);
    ledger_recent_init(recent);
}

static void teardown(void)
{
    ledger_recent_free(recent);
    free(recent);
}

static struct journal_visit visit_of(const char *digest, const char *arrival)
{
    struct journal_visit v = { .arrival = "" };
    strcpy(v.digest, digest);
    strcpy(v.arrival, arrival);
    return v;
}

static void add(const char *digest, const char *arrival)
{
    struct journal_visit v = visit_of(digest, arrival);
    ledger_recent_add(recent, &v);
}

static void assert_text(const char *digest, const char *want)
{
    char text[LEDGER_RECENT_TEXT_MAX];
    size_t n = ledger_recent_write(recent, digest, text);
    unit_assert_span((struct span){ text, n }, want, digest);
}

START_TEST(arrivals_are_told_by_digest)
{
    assert_text("a", "");
    add("a", "AAAAAAAAAAA");
    add("b", "BBBBBBBBBBB");
    add("a", "CCCCCCCCCCC");
    assert_text("a", "AAAAAAAAAAA,CCCCCCCCCCC,");
    assert_text("b", "BBBBBBBBBBB,");
    assert_text("", "");
}
END_TEST

START_TEST(what_is_written_is_no_more_recent)
{
    struct journal_visit other = visit_of("b", "AAAAAAAAAAA");
    struct journal_visit v = visit_of("a", "AAAAAAAAAAA");
    add("a", "AAAAAAAAAAA");
    add("a", "CCCCCCCCCCC");
    ledger_recent_remove(recent, &other);
    assert_text("a", "AAAAAAAAAAA,CCCCCCCCCCC,");
    ledger_recent_remove(recent, &v);
    ledger_recent_remove(recent, &v);
    assert_text("a", "CCCCCCCCCCC,");
}
END_TEST

START_TEST(later_ones_take_the_place_of_earlier_ones)
{
    char arrival[JOURNAL_ARRIVAL_LEN + 1];
    for (unsigned i = 0; i < LEDGER_RECENT_WAYS + 2; i++) {
        snprintf(arrival, sizeof(arrival), "arrival%04u", i);
        add("a", arrival);
    }
    char text[LEDGER_RECENT_TEXT_MAX];
    ck_assert_uint_eq(ledger_recent_write(recent, "a", text), LEDGER_RECENT_TEXT_MAX);
    ck_assert(memmem(text, sizeof(text), "arrival0001", 11) == NULL);
    ck_assert(memmem(text, sizeof(text), "arrival0002", 11) != NULL);
    ck_assert(memmem(text, sizeof(text), arrival, 11) != NULL);
}
END_TEST

START_TEST(they_count_for_a_short_while_only)
{
    add("a", "AAAAAAAAAAA");
    for (size_t b = 0; b < LEDGER_RECENT_BUCKETS; b++)
        for (size_t i = 0; i < LEDGER_RECENT_WAYS; i++)
            recent->slot[b][i].until -= LEDGER_RECENT_S * 1000;
    assert_text("a", "");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("ledger_recent");
    TCase *tc = tcase_create("ledger_recent");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, arrivals_are_told_by_digest);
    tcase_add_test(tc, what_is_written_is_no_more_recent);
    tcase_add_test(tc, later_ones_take_the_place_of_earlier_ones);
    tcase_add_test(tc, they_count_for_a_short_while_only);
    suite_add_tcase(suite, tc);
    return suite;
}
