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
    { SPAN_LIT("multipart/mixed; boundary=abc(comment); x=y"), "multipart", "mixed", "abc" },
    { SPAN_LIT("multipart/mixed; boundary=abc (comment) ; x=y"), "multipart", "mixed", "abc" },
    { SPAN_LIT("multipart/mixed; boundary=abc(one (two\\) ;))(three)\r\n (four)"), "multipart",
      "mixed", "abc" },
    { SPAN_LIT("multipart/mixed; boundary=abc(never closed"), "multipart", "mixed", "abc" },
    { SPAN_LIT("multipart/mixed; x=y(; boundary=no); boundary=yes"), "multipart", "mixed", "yes" },
    { SPAN_LIT("multipart/mixed; x=y(; boundary=no"), "multipart", "mixed", NULL },
    { SPAN_LIT("multipart/mixed; boundary=\"abc(d)\"(comment); x=y"), "multipart", "mixed",
      "abc(d)" },
    { SPAN_LIT("multipart/mixed; boundary=(comment)"), "multipart", "mixed", NULL },
    { SPAN_LIT("multipart/mixed; boundary=\"\r\n\"; boundary=\"x"), "multipart", "mixed", "x" },
    { SPAN_LIT("multipart/mixed; boundary*0(one)=(two)ab(three);\r\n (four)boundary*1=c"),
      "multipart", "mixed", "abc" },
    { SPAN_LIT("multipart/mixed; boundary*=us-ascii''a%62c(comment)"), "multipart", "mixed",
      "abc" },
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
    ck_assert_int_eq(content_type_has(&t, "boundary"), has || !buf_ok(&boundary));
    if (has)
        unit_assert_span(buf_span(&boundary), cases[_i].boundary, "boundary");
    buf_free(&boundary);
    free((void *)value.p);
}
END_TEST

/* Wherever the value breaks off, what is there of it is read and nothing else. */
START_TEST(a_value_that_breaks_off_is_borne)
{
    struct content_type t;
    struct buf boundary;
    buf_init(&boundary, 30);
    for (size_t n = 0; n <= cases[_i].value.n; n++) {
        struct span value = unit_exact((struct span){ cases[_i].value.p, n });
        content_type_parse(value, &t);
        bool has = content_type_parameter(&t, "boundary", &boundary);
        ck_assert_int_eq(content_type_has(&t, "boundary"), has || !buf_ok(&boundary));
        free((void *)value.p);
    }
    buf_free(&boundary);
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
    ck_assert(!content_type_has(&t, "boundary"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("content_type");
    TCase *tc = tcase_create("content_type");
    tcase_add_loop_test(tc, values_are_read, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, a_value_that_breaks_off_is_borne, 0, COUNT_OF(cases));
    tcase_add_test(tc, types_are_compared_in_any_case);
    suite_add_tcase(suite, tc);
    return suite;
}
