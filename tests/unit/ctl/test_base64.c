#include "tests/support/unit.h"

#include "ctl/base64.h"

static const struct {
    const char *text;
    const char *octets; /* NULL: refused */
} cases[] = {
    { "", "" },          { "Zg==", "f" },          { "Zm8=", "fo" },
    { "Zm9v", "foo" },   { "Zm9vYmFy", "foobar" }, { "+/+/", "\xfb\xff\xbf" },
    { "Zg", NULL },      { "Zg=", NULL },          { "Zg===", NULL },
    { "====", NULL },    { "Z===", NULL },         { "=Zg=", NULL },
    { "Zm9v=", NULL },   { "Zg==Zm9v", NULL },     { "Zh==", NULL },
    { "Zm9=", NULL },    { "Zm 9v", NULL },        { "Zm-_", NULL },
    { "Zm9\xff", NULL },
};

START_TEST(reads_and_writes)
{
    struct span text = unit_exact(span_of(cases[_i].text));
    struct buf out, again;
    buf_init(&out, 100);
    buf_init(&again, 100);
    ck_assert(base64_read(text, &out) == (cases[_i].octets != NULL));
    ck_assert_str_eq(buf_text(&out), cases[_i].octets ? cases[_i].octets : "");
    base64_write(&again, buf_span(&out));
    if (cases[_i].octets)
        ck_assert_str_eq(buf_text(&again), cases[_i].text);
    buf_free(&out);
    buf_free(&again);
    free((void *)text.p);
}
END_TEST

START_TEST(keeps_the_limit)
{
    struct buf out;
    buf_init(&out, 2);
    ck_assert(!base64_read(SPAN_LIT("Zm9v"), &out));
    ck_assert_uint_eq(out.n, 0);
    buf_free(&out);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("base64");
    TCase *tc = tcase_create("base64");
    tcase_add_loop_test(tc, reads_and_writes, 0, COUNT_OF(cases));
    tcase_add_test(tc, keeps_the_limit);
    suite_add_tcase(suite, tc);
    return suite;
}
