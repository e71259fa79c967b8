#include "tests/support/unit.h"

#include <string.h>

#include "engine/verdict.h"

START_TEST(a_reply_is_one_line_of_printable_ascii)
{
    static const struct {
        struct span text;
        const char *want;
    } rows[] = {
        { SPAN_LIT("loop: <a@b>: 100% (~) {x}"), "loop: <a@b>: 100% (~) {x}" },
        { SPAN_LIT(""), "" },
        { SPAN_ABSENT, "" },
        { SPAN_LIT("two\r\n250 lines"), "two??250 lines" },
        { SPAN_LIT("a\0b\tc\x1b[0m\x7f"), "a?b?c?[0m?" },
        { SPAN_LIT("b\xc3\xbc\xff"), "b???" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct reply r;
        struct span text = span_present(rows[i].text) ? unit_exact(rows[i].text) : SPAN_ABSENT;
        memset(&r, 0xa5, sizeof(r));
        reply_set(&r, 550, "5.4.6", text);
        ck_assert_int_eq(r.code, 550);
        ck_assert_str_eq(r.status, "5.4.6");
        ck_assert_str_eq(r.text, rows[i].want);
        free((void *)text.p);
    }
}
END_TEST

START_TEST(a_long_reply_is_cut)
{
    char text[2 * REPLY_TEXT_MAX];
    memset(text, 'x', sizeof(text));
    for (size_t n = REPLY_TEXT_MAX - 1; n <= sizeof(text); n += n < REPLY_TEXT_MAX + 2 ? 1 : 100) {
        struct reply r;
        struct span exact = unit_exact((struct span){ text, n });
        reply_set(&r, 451, "4.4.6", exact);
        ck_assert_uint_eq(strlen(r.text), n < REPLY_TEXT_MAX ? n : REPLY_TEXT_MAX);
        ck_assert_uint_eq(strspn(r.text, "x"), strlen(r.text));
        free((void *)exact.p);
    }
}
END_TEST

START_TEST(a_long_status_is_cut)
{
    struct reply r;
    reply_set(&r, 451, "4.123.4567", SPAN_LIT(""));
    ck_assert_str_eq(r.status, "4.123.4");
}
END_TEST

START_TEST(edits_are_copied_in_their_order)
{
    struct verdict v = { .edits = 0 };
    struct span name = unit_exact(SPAN_LIT("name")), value = unit_exact(SPAN_LIT("value"));
    verdict_add(&v, EDIT_INSERT_HEADER, name, value, 0);
    verdict_add(&v, EDIT_DELETE_HEADER, name, SPAN_ABSENT, 7);
    verdict_add(&v, EDIT_HOLD, SPAN_ABSENT, value, 0);
    verdict_add(&v, EDIT_ADD_RECIPIENT, name, SPAN_LIT(""), 0);
    free((void *)name.p);
    free((void *)value.p);
    ck_assert(!v.failed);
    ck_assert_uint_eq(v.edits, 4);
    ck_assert_int_eq(v.edit[0].kind, EDIT_INSERT_HEADER);
    ck_assert_str_eq(v.edit[0].name, "name");
    ck_assert_str_eq(v.edit[0].value, "value");
    ck_assert_uint_eq(v.edit[1].index, 7);
    ck_assert_ptr_null(v.edit[1].value);
    ck_assert_ptr_null(v.edit[2].name);
    ck_assert_str_eq(v.edit[2].value, "value");
    ck_assert_str_eq(v.edit[3].value, "");
    verdict_free(&v);
    ck_assert_uint_eq(v.edits, 0);
    ck_assert_ptr_null(v.edit);
    verdict_free(&v);
}
END_TEST

START_TEST(there_may_be_many_edits)
{
    struct verdict v = { .edits = 0 };
    for (unsigned i = 0; i < 5000; i++)
        verdict_add(&v, EDIT_DELETE_HEADER, SPAN_LIT("x"), SPAN_ABSENT, i);
    ck_assert(!v.failed);
    ck_assert_uint_eq(v.edits, 5000);
    for (unsigned i = 0; i < 5000; i++)
        ck_assert_uint_eq(v.edit[i].index, i);
    verdict_free(&v);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tc = tcase_create("verdict");
    tcase_add_test(tc, a_reply_is_one_line_of_printable_ascii);
    tcase_add_test(tc, a_long_reply_is_cut);
    tcase_add_test(tc, a_long_status_is_cut);
    tcase_add_test(tc, edits_are_copied_in_their_order);
    tcase_add_test(tc, there_may_be_many_edits);
    suite_add_tcase(suite, tc);
    return suite;
}
