#include "tests/support/unit.h"

#include "ctl/subject.h"

static const struct {
    enum record_kind kind;
    struct span text;
    const char *name; /* NULL: refused, with fault */
    const char *fault;
} cases[] = {
    { RECORD_USER, SPAN_LIT("a@example.com"), "a@example.com", NULL },
    { RECORD_USER, SPAN_LIT(" <A.B+x@Example.COM.> "), "a.b+x@example.com", NULL },
    { RECORD_USER, SPAN_LIT("\"a b\"@example.com"), "a b@example.com", NULL },
    { RECORD_USER, SPAN_LIT("postmaster"), NULL,
      "'postmaster' is not an address: write user@example.com" },
    { RECORD_USER, SPAN_LIT("<>"), NULL, "'<>' is not an address: write user@example.com" },
    { RECORD_USER, SPAN_LIT(""), NULL, "'' is not an address: write user@example.com" },
    { RECORD_USER, SPAN_LIT("a@b\0c"), NULL, "'a@b?c' is not an address: write user@example.com" },
    { RECORD_DOMAIN, SPAN_LIT("Example.COM."), "example.com", NULL },
    { RECORD_DOMAIN, SPAN_LIT("."), ".", NULL },
    { RECORD_GROUP, SPAN_LIT("Sales & more"), "Sales & more", NULL },
};

START_TEST(a_name_as_it_stands_in_keys)
{
    char fault[RECORD_FAULT_MAX] = "";
    struct span text = unit_exact(cases[_i].text);
    char *name = subject_name(cases[_i].kind, text, fault);
    if (cases[_i].name) {
        ck_assert_ptr_nonnull(name);
        ck_assert_str_eq(name, cases[_i].name);
    } else {
        ck_assert_ptr_null(name);
        ck_assert_str_eq(fault, cases[_i].fault);
    }
    free(name);
    free((void *)text.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("subject");
    TCase *tc = tcase_create("subject");
    tcase_add_loop_test(tc, a_name_as_it_stands_in_keys, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
