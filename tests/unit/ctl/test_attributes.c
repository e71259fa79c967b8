#include "tests/support/unit.h"

#include "ctl/attributes.h"

START_TEST(keeps_copies)
{
    struct attributes a;
    struct span value = unit_exact(SPAN_LIT("x@example.com"));
    attributes_init(&a);
    unit_assert_span(attributes_get(&a, "mail"), NULL, "nothing yet");
    ck_assert(attributes_add(&a, SPAN_LIT("mail"), value, 3));
    free((void *)value.p);
    ck_assert(attributes_add(&a, SPAN_LIT("Mail"), SPAN_LIT("y@example.com"), 4));
    ck_assert(attributes_add(&a, SPAN_LIT("objectClass"), SPAN_LIT("Person"), 5));
    ck_assert(attributes_add(&a, SPAN_LIT("cn"), SPAN_LIT(""), 6));
    unit_assert_span(attributes_get(&a, "MAIL"), "x@example.com", "the first");
    unit_assert_span(attributes_value(&a, 1), "y@example.com", "the second");
    unit_assert_span(attributes_name(&a, 1), "Mail", "its name");
    unit_assert_span(attributes_get(&a, "cn"), "", "empty");
    unit_assert_span(attributes_get(&a, "sn"), NULL, "none");
    ck_assert_uint_eq(attributes_find(&a, "objectclass"), 2);
    ck_assert_uint_eq(attributes_find(&a, "sn"), a.n);
    ck_assert_uint_eq(a.at[2].line, 5);
    ck_assert(attributes_has(&a, "objectclass", SPAN_LIT("person")));
    ck_assert(attributes_has(&a, "mail", SPAN_LIT("Y@example.com")));
    ck_assert(!attributes_has(&a, "mail", SPAN_LIT("z@example.com")));
    attributes_clear(&a);
    unit_assert_span(attributes_get(&a, "mail"), NULL, "cleared");
    attributes_free(&a);
}
END_TEST

START_TEST(has_caps)
{
    struct attributes a;
    struct buf large;
    attributes_init(&a);
    for (int i = 0; i < ATTRIBUTES_MAX; i++)
        ck_assert(attributes_add(&a, SPAN_LIT("a"), SPAN_LIT("b"), 1));
    ck_assert(!attributes_add(&a, SPAN_LIT("a"), SPAN_LIT("b"), 1));
    ck_assert_uint_eq(a.n, ATTRIBUTES_MAX);
    attributes_clear(&a);
    buf_init(&large, ATTRIBUTES_TEXT_MAX);
    for (int i = 0; i < ATTRIBUTES_TEXT_MAX; i++)
        buf_addc(&large, 'x');
    ck_assert(!attributes_add(&a, SPAN_LIT("a"), buf_span(&large), 1));
    ck_assert_uint_eq(a.n, 0);
    buf_free(&large);
    attributes_free(&a);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("attributes");
    TCase *tc = tcase_create("attributes");
    tcase_add_test(tc, keeps_copies);
    tcase_add_test(tc, has_caps);
    suite_add_tcase(suite, tc);
    return suite;
}
