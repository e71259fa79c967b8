#include "ctl/names.h"

#include <stdio.h>

#include "tests/support/unit.h"

START_TEST(a_text_is_kept_once)
{
    struct names n = { 0 };
    ck_assert_uint_eq(names_put(&n, SPAN_LIT("one")), 0);
    ck_assert_uint_eq(names_put(&n, SPAN_LIT("two")), 1);
    ck_assert_uint_eq(names_put(&n, SPAN_LIT("one")), 0);
    ck_assert_uint_eq(names_put(&n, SPAN_LIT("")), 2);
    ck_assert_uint_eq(names_put(&n, SPAN_ABSENT), 2);
    ck_assert_uint_eq(names_put(&n, SPAN_LIT("on")), 3);
    ck_assert_str_eq(names_text(&n, 0), "one");
    ck_assert_str_eq(names_text(&n, 2), "");
    ck_assert_uint_eq(n.names, 4);
    names_free(&n);
    ck_assert_uint_eq(n.names, 0);
}
END_TEST

START_TEST(texts_stay_where_they_are)
{
    enum { MANY = 10000 };
    struct names n = { 0 };
    char text[32];
    const char *first = names_text(&n, names_put(&n, SPAN_LIT("first")));
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "name %u", i);
        ck_assert_uint_eq(names_put(&n, span_of(text)), i + 1);
    }
    ck_assert_ptr_eq(first, names_text(&n, 0));
    ck_assert_str_eq(first, "first");
    ck_assert_str_eq(names_text(&n, MANY), text);
    names_free(&n);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("names");
    TCase *tc = tcase_create("names");
    tcase_add_test(tc, a_text_is_kept_once);
    tcase_add_test(tc, texts_stay_where_they_are);
    suite_add_tcase(suite, tc);
    return suite;
}
