#include "core/line.h"

#include "tests/support/unit.h"

static const struct {
    struct span text;
    const char *lines[6]; /* ended by NULL */
} cases[] = {
    { SPAN_LIT(""), { NULL } },
    { SPAN_LIT("a"), { "a", NULL } },
    { SPAN_LIT("a\n"), { "a", NULL } },
    { SPAN_LIT("a\nb"), { "a", "b", NULL } },
    { SPAN_LIT("a\r\nb\r\n"), { "a", "b", NULL } },
    { SPAN_LIT("a\rb\r"), { "a", "b", NULL } },
    { SPAN_LIT("a\r\r\nb\r\r\n"), { "a", "b", NULL } },
    { SPAN_LIT("\n\r\n\r"), { "", "", "", NULL } },
    { SPAN_LIT("a\n\rb"), { "a", "", "b", NULL } },
    { SPAN_LIT("a\r\r\r\nb"), { "a", "", "b", NULL } },
    { SPAN_LIT("a b\t\nc"), { "a b\t", "c", NULL } },
};

START_TEST(lines_are_taken_one_by_one)
{
    struct span text = unit_exact(cases[_i].text);
    struct span rest = text;
    size_t n = 0;
    while (rest.n > 0)
        unit_assert_span(line_take(&rest), cases[_i].lines[n++], "line");
    ck_assert_ptr_null(cases[_i].lines[n]);
    ck_assert_uint_eq(line_take(&rest).n, 0);
    free((void *)text.p);
}
END_TEST

START_TEST(octets_are_kept_as_they_are)
{
    struct span text = unit_exact(SPAN_LIT("a\0\x80\xff z\nb"));
    struct span rest = text;
    ck_assert(span_eq(line_take(&rest), SPAN_LIT("a\0\x80\xff z")));
    unit_assert_span(rest, "b", "rest");
    free((void *)text.p);
}
END_TEST

static const struct {
    struct span text;
    size_t n;
} ends[] = {
    { SPAN_LIT(""), 0 },         { SPAN_LIT("a\n"), 0 },   { SPAN_LIT("\n\n"), 1 },
    { SPAN_LIT("\r\n"), 2 },     { SPAN_LIT("\r"), 1 },    { SPAN_LIT("\r\r\n"), 3 },
    { SPAN_LIT("\r\r\r\n"), 1 }, { SPAN_LIT("\r\ra"), 1 }, { SPAN_LIT("\n\r"), 1 },
};

START_TEST(line_ends_have_their_length)
{
    struct span text = unit_exact(ends[_i].text);
    ck_assert_uint_eq(line_end_length(text), ends[_i].n);
    free((void *)text.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("line");
    TCase *tc = tcase_create("line");
    tcase_add_loop_test(tc, lines_are_taken_one_by_one, 0, COUNT_OF(cases));
    tcase_add_test(tc, octets_are_kept_as_they_are);
    tcase_add_loop_test(tc, line_ends_have_their_length, 0, COUNT_OF(ends));
    suite_add_tcase(suite, tc);
    return suite;
}
