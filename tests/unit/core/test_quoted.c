#include "core/quoted.h"

#include "tests/support/unit.h"

static const struct {
    struct span text;
    size_t length;
    const char *inside;
} cases[] = {
    { SPAN_LIT("\""), 1, "" },
    { SPAN_LIT("\"\""), 2, "" },
    { SPAN_LIT("\"a b\" c"), 5, "a b" },
    { SPAN_LIT("\"a\\\"b\"c"), 6, "a\"b" },
    { SPAN_LIT("\"a\\\\\"b"), 5, "a\\" },
    { SPAN_LIT("\"never closed"), 13, "never closed" },
    { SPAN_LIT("\"ends in \\"), 10, "ends in \\" },
    { SPAN_LIT("\"folded\r\n here\" x"), 15, "folded here" },
};

START_TEST(quoted_strings_are_measured_and_read)
{
    struct span text = unit_exact(cases[_i].text);
    struct buf out;
    buf_init(&out, 100);
    size_t n = quoted_length(text);
    ck_assert_uint_eq(n, cases[_i].length);
    quoted_text((struct span){ text.p, n }, &out);
    unit_assert_span(buf_span(&out), cases[_i].inside, "inside");
    buf_free(&out);
    free((void *)text.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("quoted");
    TCase *tc = tcase_create("quoted");
    tcase_add_loop_test(tc, quoted_strings_are_measured_and_read, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
