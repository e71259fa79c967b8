#include "tests/support/unit.h"

#include "base/buf.h"

START_TEST(limit_fails_the_whole_addition_and_sticks)
{
    struct buf b;
    buf_init(&b, 5);
    buf_adds(&b, "abc");
    buf_adds(&b, "def");
    buf_addc(&b, 'x');
    ck_assert(!buf_ok(&b));
    unit_assert_span(buf_span(&b), "abc", "text");
    ck_assert_ptr_null(buf_take(&b));
    ck_assert(buf_ok(&b));
    buf_adds(&b, "fghij");
    ck_assert(buf_ok(&b));
    unit_assert_span(buf_span(&b), "fghij", "exactly the limit");
    buf_free(&b);
}
END_TEST

START_TEST(formatted_text_counts_too)
{
    struct buf b;
    buf_init(&b, 8);
    buf_addf(&b, "%d-%s", 12, "abc");
    unit_assert_span(buf_span(&b), "12-abc", "text");
    buf_addf(&b, "%s", "too long");
    ck_assert(!buf_ok(&b));
    buf_clear(&b);
    ck_assert(buf_ok(&b));
    ck_assert_str_eq(buf_text(&b), "");
    buf_free(&b);
}
END_TEST

START_TEST(growth_keeps_every_octet)
{
    struct buf b;
    buf_init(&b, 100000);
    for (int i = 0; i < 100000; i++)
        buf_addc(&b, (char)('a' + i % 26));
    ck_assert(buf_ok(&b));
    char *text = buf_take(&b);
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < 100000; i++)
        ck_assert_int_eq(text[i], 'a' + i % 26);
    ck_assert_int_eq(text[100000], '\0');
    free(text);
}
END_TEST

START_TEST(an_untouched_buffer_is_an_empty_text)
{
    struct buf b;
    buf_init(&b, 0);
    ck_assert_str_eq(buf_text(&b), "");
    unit_assert_span(buf_span(&b), "", "span");
    char *text = buf_take(&b);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("buf");
    TCase *tc = tcase_create("buf");
    tcase_add_test(tc, limit_fails_the_whole_addition_and_sticks);
    tcase_add_test(tc, formatted_text_counts_too);
    tcase_add_test(tc, growth_keeps_every_octet);
    tcase_add_test(tc, an_untouched_buffer_is_an_empty_text);
    suite_add_tcase(suite, tc);
    return suite;
}
