#include "tests/support/unit.h"

START_TEST(split_yields_a_last_empty_item)
{
    struct span rest = SPAN_LIT("a;;b;"), item;
    const char *const want[] = { "a", "", "b", "" };
    size_t n = 0;
    while (span_split(&rest, ';', &item)) {
        ck_assert_uint_lt(n, 4);
        unit_assert_span(item, want[n++], "item");
    }
    ck_assert_uint_eq(n, 4);
    ck_assert(!span_split(&rest, ';', &item));
}
END_TEST

static const struct {
    const char *text;
    bool ok;
    uint64_t value;
} number_cases[] = {
    { "0", true, 0 },
    { "007", true, 7 },
    { "18446744073709551615", true, UINT64_MAX },
    { "18446744073709551616", false, 0 },
    { "99999999999999999999999", false, 0 },
    { "", false, 0 },
    { "-1", false, 0 },
    { "+1", false, 0 },
    { " 1", false, 0 },
    { "1x", false, 0 },
};

START_TEST(number_takes_digits_alone)
{
    uint64_t value = 42;
    struct span text = unit_exact(span_of(number_cases[_i].text));
    ck_assert_int_eq(span_number(text, &value), number_cases[_i].ok);
    ck_assert_uint_eq(value, number_cases[_i].ok ? number_cases[_i].value : 42);
    free((void *)text.p);
}
END_TEST

START_TEST(comparison_folds_ascii_only)
{
    ck_assert(span_ieq(SPAN_LIT("ExAmple"), SPAN_LIT("eXaMPLE")));
    ck_assert(!span_ieq(SPAN_LIT("[x"), SPAN_LIT("{x")));
    ck_assert(!span_ieq(SPAN_LIT("\xc3\x89"), SPAN_LIT("\xc3\xa9")));
    ck_assert(span_iends(SPAN_LIT("a.EXAMPLE"), SPAN_LIT(".example")));
    ck_assert(!span_iends(SPAN_LIT("e"), SPAN_LIT(".example")));
    ck_assert(span_istarts(SPAN_LIT("IPv6:::1"), SPAN_LIT("ipv6:")));
}
END_TEST

START_TEST(absent_is_not_empty)
{
    ck_assert(!span_present(SPAN_ABSENT));
    ck_assert(!span_present(span_of(NULL)));
    ck_assert(span_present(SPAN_LIT("")));
    ck_assert_uint_eq(span_find(SPAN_ABSENT, 'x'), 0);
    unit_assert_span(span_trim(SPAN_LIT(" \t\r\n")), "", "all blank");
    unit_assert_span(span_trim(SPAN_LIT("\r\n a b\t")), "a b", "inner blank stays");
    ck_assert_uint_eq(span_rfind(SPAN_LIT("a@b@c"), '@'), 3);
    unit_assert_span(span_from(SPAN_LIT("abc"), 9), "", "past the end");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("span");
    TCase *tc = tcase_create("span");
    tcase_add_test(tc, split_yields_a_last_empty_item);
    tcase_add_loop_test(tc, number_takes_digits_alone, 0, COUNT_OF(number_cases));
    tcase_add_test(tc, comparison_folds_ascii_only);
    tcase_add_test(tc, absent_is_not_empty);
    suite_add_tcase(suite, tc);
    return suite;
}
