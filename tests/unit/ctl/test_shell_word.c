#include "tests/support/unit.h"

#include "ctl/shell_word.h"

#define ROOM 64

/* What is written; NULL where it cannot be typed. */
static const struct {
    struct span word;
    const char *written;
} cases[] = {
    { SPAN_LIT("a@example.com"), "a@example.com" },
    { SPAN_LIT("coexist:user:x+y=1,2%/_-."), "coexist:user:x+y=1,2%/_-." },
    { SPAN_LIT("a b"), "'a b'" },
    { SPAN_LIT("$(a)`b`\"c\";*?~#"), "'$(a)`b`\"c\";*?~#'" },
    { SPAN_LIT("it's"), "'it'\"'\"'s'" },
    { SPAN_LIT("'"), "''\"'\"''" },
    { SPAN_LIT(""), NULL },
    { SPAN_LIT("a\\b"), NULL },
    { SPAN_LIT("a\nb"), NULL },
    { SPAN_LIT("a\0b"), NULL },
    { SPAN_LIT("a\x7f"), NULL },
    { SPAN_LIT("\xc3\xa4"), NULL },
};

START_TEST(words_are_those_of_a_shell)
{
    struct buf out;
    buf_init(&out, ROOM);
    ck_assert_int_eq(shell_word_can_be_typed(cases[_i].word), cases[_i].written != NULL);
    if (cases[_i].written) {
        shell_word_add(&out, cases[_i].word);
        ck_assert_str_eq(buf_text(&out), cases[_i].written);
    }
    buf_free(&out);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("shell_word");
    TCase *tc = tcase_create("shell_word");
    tcase_add_loop_test(tc, words_are_those_of_a_shell, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
