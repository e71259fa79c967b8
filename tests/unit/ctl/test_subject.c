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

static const struct {
    struct span text;
    const char *name; /* NULL: refused, with fault */
    const char *fault;
} to_write[] = {
    { SPAN_LIT("a.b+x!#$%&'*/=?^_`{|}~-@example.com"), "a.b+x!#$%&'*/=?^_`{|}~-@example.com",
      NULL },
    { SPAN_LIT("j\xc3\xb6rg@example.com"), "j\xc3\xb6rg@example.com", NULL },
    { SPAN_LIT("\"a b\"@example.com"), "a b@example.com", NULL },
    { SPAN_LIT("\"a@b;c\\\"d\\\\e\".f@example.com"), "a@b;c\"d\\e.f@example.com", NULL },
    { SPAN_LIT("\"smtp:x\"@example.com"), "smtp:x@example.com", NULL },
    { SPAN_LIT("foo@@example.com"), NULL,
      "'foo@@example.com' is not an address: '@' stands before the last @ without quotes; write "
      "user@example.com" },
    { SPAN_LIT("a b@example.com"), NULL,
      "'a b@example.com' is not an address: ' ' stands before the last @ without quotes; write "
      "user@example.com" },
    { SPAN_LIT("\"a\" b@example.com"), NULL,
      "'\"a\" b@example.com' is not an address: ' ' stands before the last @ without quotes; write "
      "user@example.com" },
    { SPAN_LIT("a\\ b@example.com"), NULL,
      "'a\\ b@example.com' is not an address: '\\' stands before the last @ without quotes; write "
      "user@example.com" },
    { SPAN_LIT("X500:foo@example.com"), NULL,
      "'X500:foo@example.com' is not an address: ':' stands before the last @ without quotes; "
      "write "
      "user@example.com" },
    { SPAN_LIT("SMTP:foo@example.com"), NULL,
      "'SMTP:foo@example.com' is not an address: leave 'SMTP:' off" },
    { SPAN_LIT("<mailto:foo@example.com>"), NULL,
      "'mailto:foo@example.com' is not an address: leave 'mailto:' off" },
    { SPAN_LIT("@"), NULL, "'@' is not an address: write user@example.com" },
};

START_TEST(a_name_that_is_to_be_written)
{
    char fault[RECORD_FAULT_MAX] = "";
    struct span text = unit_exact(to_write[_i].text);
    char *name = subject_name_to_write(RECORD_USER, text, fault);
    if (to_write[_i].name) {
        ck_assert_ptr_nonnull(name);
        ck_assert_str_eq(name, to_write[_i].name);
    } else {
        ck_assert_ptr_null(name);
        ck_assert_str_eq(fault, to_write[_i].fault);
        /* One that is there can be removed all the same, by the name it has. */
        char *there = subject_name(RECORD_USER, text, fault);
        ck_assert((there != NULL) == (text.n > 1));
        free(there);
    }
    free(name);
    free((void *)text.p);
}
END_TEST

static const struct {
    const char *name;
    const char *text;
} addresses[] = {
    { "a.b+x@example.com", "a.b+x@example.com" },
    { "j\xc3\xb6rg@example.com", "j\xc3\xb6rg@example.com" },
    { "a b@example.com", "\"a b\"@example.com" },
    { "foo@@example.com", "\"foo@\"@example.com" },
    { "a\"b\\@example.com", "\"a\\\"b\\\\\"@example.com" },
    { "no address", "no address" },
};

START_TEST(an_address_that_can_be_read_again)
{
    struct buf text;
    char fault[RECORD_FAULT_MAX];
    struct span name = unit_exact(span_of(addresses[_i].name));
    buf_init(&text, ADDRESS_MAX);
    subject_write_address(&text, name);
    ck_assert_str_eq(buf_text(&text), addresses[_i].text);
    if (strchr(addresses[_i].name, '@')) {
        char *again = subject_name_to_write(RECORD_USER, buf_span(&text), fault);
        ck_assert_ptr_nonnull(again);
        ck_assert_str_eq(again, addresses[_i].name);
        free(again);
    }
    buf_free(&text);
    free((void *)name.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("subject");
    TCase *tc = tcase_create("subject");
    tcase_add_loop_test(tc, a_name_as_it_stands_in_keys, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, a_name_that_is_to_be_written, 0, COUNT_OF(to_write));
    tcase_add_loop_test(tc, an_address_that_can_be_read_again, 0, COUNT_OF(addresses));
    suite_add_tcase(suite, tc);
    return suite;
}
