#include "tests/support/unit.h"

#include "ctl/record_name.h"

static const struct {
    enum record_kind kind;
    struct span name;
    enum record_name want;
} cases[] = {
    { RECORD_USER, SPAN_LIT("a@example.com"), RECORD_NAME_GOOD },
    { RECORD_USER, SPAN_LIT("a b,\"c\"@d@example.com"), RECORD_NAME_GOOD },
    { RECORD_USER, SPAN_LIT("\xc3\x84@\xc3\x84.example"), RECORD_NAME_GOOD },
    { RECORD_USER, SPAN_LIT("A@example.com"), RECORD_NAME_CASE },
    { RECORD_USER, SPAN_LIT("a@Example.com"), RECORD_NAME_CASE },
    { RECORD_USER, SPAN_LIT(""), RECORD_NAME_NO_ADDRESS },
    { RECORD_USER, SPAN_LIT("Nobody"), RECORD_NAME_NO_ADDRESS },
    { RECORD_USER, SPAN_LIT("@example.com"), RECORD_NAME_NO_ADDRESS },
    { RECORD_USER, SPAN_LIT("a@"), RECORD_NAME_NO_ADDRESS },
    { RECORD_USER, SPAN_LIT("a@example.com "), RECORD_NAME_NO_ADDRESS },
    { RECORD_USER, SPAN_LIT("a\n@example.com"), RECORD_NAME_NO_ADDRESS },
    { RECORD_USER, SPAN_LIT("a\0@example.com"), RECORD_NAME_NO_ADDRESS },
    { RECORD_USER, SPAN_LIT("a\x7f@example.com"), RECORD_NAME_NO_ADDRESS },
    { RECORD_DOMAIN, SPAN_LIT("example.com"), RECORD_NAME_GOOD },
    { RECORD_DOMAIN, SPAN_LIT("Example.com"), RECORD_NAME_CASE },
    { RECORD_GROUP, SPAN_LIT("Wave 1"), RECORD_NAME_GOOD },
};

START_TEST(names_are_judged)
{
    enum record_name n = record_name_judge(cases[_i].kind, cases[_i].name);
    ck_assert_int_eq(n, cases[_i].want);
    ck_assert_int_eq(record_name_fault(n) == NULL, n == RECORD_NAME_GOOD);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("record_name");
    TCase *tc = tcase_create("record_name");
    tcase_add_loop_test(tc, names_are_judged, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
