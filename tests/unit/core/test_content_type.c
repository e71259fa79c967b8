#include "core/content_type.h"

#include "tests/support/unit.h"

static const struct {
    struct span value;
    const char *type, *subtype;
    const char *boundary; /* NULL: none */
} cases[] = {
    { SPAN_LIT("text/plain"), "text", "plain", NULL },
    { SPAN_LIT(" Text/HTML; charset=utf-8"), "Text", "HTML", NULL },
    { SPAN_LIT("multipart/mixed; boundary=abc"), "multipart", "mixed", "abc" },
    { SPAN_LIT("multipart/mixed; boundary=\"a b;c\""), "multipart", "mixed", "a b;c" },
    { SPAN_LIT("multipart/mixed; boundary=\"a\\\"b\""), "multipart", "mixed", "a\"b" },
    { SPAN_LIT("multipart/mixed;\r\n\tBOUNDARY=----=_Part_1.2"), "multipart", "mixed",
      "----=_Part_1.2" },
    { SPAN_LIT("multipart/report; report-type=delivery-status;\n boundary=\"x/y\""), "multipart",
      "report", "x/y" },
    { SPAN_LIT("multipart (one) / (two) mixed (three) ; (four) boundary (five) = (six) abc"),
      "multipart", "mixed", "abc" },
    { SPAN_LIT("multipart/mixed; charset=\"; boundary=no\"; boundary=yes"), "multipart", "mixed",
      "yes" },
    { SPAN_LIT("multipart/mixed; boundary=; boundary=\"\"; boundary=third"), "multipart", "mixed",
      "third" },
    { SPAN_LIT("multipart/mixed; boundary=first; boundary=second"), "multipart", "mixed", "first" },
    { SPAN_LIT("multipart/mixed boundary=abc"), "multipart", "mixed", NULL },
    { SPAN_LIT("multipart/mixed; boundary"), "multipart", "mixed", NULL },
    { SPAN_LIT("multipart/mixed; xboundary=abc"), "multipart", "mixed", NULL },
    { SPAN_LIT("multipart/mixed; boundary=\"never closed"), "multipart", "mixed", "never closed" },
    { SPAN_LIT("multipart/mixed; boundary=0123456789012345678901234567890"), "multipart", "mixed",
      NULL },
    { SPAN_LIT("text"), NULL, NULL, NULL },
    { SPAN_LIT("/plain"), NULL, NULL, NULL },
    { SPAN_LIT("text/"), "text", "", NULL },
    { SPAN_LIT(""), NULL, NULL, NULL },
    { SPAN_LIT("(never closed text/plain"), NULL, NULL, NULL },
};

START_TEST(values_are_read)
{
    struct span value = unit_exact(cases[_i].value);
    struct content_type t;
    struct buf boundary;
    buf_init(&boundary, 30);
    content_type_parse(value, &t);
    unit_assert_span(t.type, cases[_i].type, "type");
    unit_assert_span(t.subtype, cases[_i].subtype, "subtype");
    bool has = content_type_parameter(&t, "boundary", &boundary);
    ck_assert_int_eq(has, cases[_i].boundary != NULL);
    if (has)
        unit_assert_span(buf_span(&boundary), cases[_i].boundary, "boundary");
    buf_free(&boundary);
    free((void *)value.p);
}
END_TEST

START_TEST(types_are_compared_in_any_case)
{
    struct content_type t;
    content_type_parse(SPAN_LIT("Message/RFC822"), &t);
    ck_assert(content_type_is(&t, "message", "rfc822"));
    ck_assert(content_type_is(&t, "message", NULL));
    ck_assert(!content_type_is(&t, "message", "global"));
    ck_assert(!content_type_is(&t, "text", NULL));
    content_type_parse(SPAN_ABSENT, &t);
    ck_assert(!content_type_is(&t, "text", NULL));
    ck_assert(!span_present(content_type_value(&t, "boundary")));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("content_type");
    TCase *tc = tcase_create("content_type");
    tcase_add_loop_test(tc, values_are_read, 0, COUNT_OF(cases));
    tcase_add_test(tc, types_are_compared_in_any_case);
    suite_add_tcase(suite, tc);
    return suite;
}
