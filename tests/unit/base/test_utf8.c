#include "tests/support/unit.h"

#include "base/utf8.h"

static const struct {
    const char *text;
    size_t n, takes;
    uint32_t code;
} cases[] = {
    { "", 0, 0, 0 },
    { "a", 1, 1, 'a' },
    { "\0a", 2, 1, 0 },
    { "\x7f", 1, 1, 0x7f },
    { "\xc2\x80", 2, 2, 0x80 },
    { "\xc3\xbc"
      "x",
      3, 2, 0xfc },
    { "\xdf\xbf", 2, 2, 0x7ff },
    { "\xe0\xa0\x80", 3, 3, 0x800 },
    { "\xe2\x82\xac", 3, 3, 0x20ac },
    { "\xef\xbf\xbf", 3, 3, 0xffff },
    { "\xf0\x90\x80\x80", 4, 4, 0x10000 },
    { "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff },
    /* What RFC 3629 forbids. */
    { "\x80", 1, 0, 0 },
    { "\xbf\x80", 2, 0, 0 },
    { "\xc0\x80", 2, 0, 0 },
    { "\xc1\xbf", 2, 0, 0 },
    { "\xe0\x9f\xbf", 3, 0, 0 },
    { "\xed\xa0\x80", 3, 0, 0 },
    { "\xed\xbf\xbf", 3, 0, 0 },
    { "\xf0\x8f\xbf\xbf", 4, 0, 0 },
    { "\xf4\x90\x80\x80", 4, 0, 0 },
    { "\xf8\x88\x80\x80\x80", 5, 0, 0 },
    { "\xff", 1, 0, 0 },
    /* Cut short, or broken off. */
    { "\xc3", 1, 0, 0 },
    { "\xe2\x82", 2, 0, 0 },
    { "\xf0\x90\x80", 3, 0, 0 },
    { "\xc3"
      "a",
      2, 0, 0 },
    { "\xe2\x82"
      "a",
      3, 0, 0 },
};

START_TEST(reads_the_first_character)
{
    struct span text = unit_exact((struct span){ cases[_i].text, cases[_i].n });
    uint32_t code = 0;
    ck_assert_uint_eq(utf8_read(text, &code), cases[_i].takes);
    if (cases[_i].takes > 0)
        ck_assert_uint_eq(code, cases[_i].code);
    struct span rest = text;
    ck_assert(utf8_take(&rest, &code) == (cases[_i].takes > 0));
    ck_assert_uint_eq(rest.n, text.n - cases[_i].takes);
    free((void *)text.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tc = tcase_create("utf8");
    tcase_add_loop_test(tc, reads_the_first_character, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
