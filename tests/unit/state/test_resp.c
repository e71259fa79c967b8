#include "tests/support/unit.h"

#include "state/resp.h"

static const struct command_case {
    size_t words;
    struct span word[12];
    struct span text;
} cases[] = {
    { 1, { { "PING", 4 } }, SPAN_LIT("*1\r\n$4\r\nPING\r\n") },
    { 2, { { "GET", 3 }, { "", 0 } }, SPAN_LIT("*2\r\n$3\r\nGET\r\n$0\r\n\r\n") },
    { 2, { { "GET", 3 }, { NULL, 0 } }, SPAN_LIT("*2\r\n$3\r\nGET\r\n$0\r\n\r\n") },
    { 2, { { "\r\n", 2 }, { "\0$1", 3 } }, SPAN_LIT("*2\r\n$2\r\n\r\n\r\n$3\r\n\0$1\r\n") },
    { 2,
      { { "123456789", 9 }, { "1234567890", 10 } },
      SPAN_LIT("*2\r\n$9\r\n123456789\r\n$10\r\n1234567890\r\n") },
    { 10,
      { { "a", 1 } },
      SPAN_LIT("*10\r\n$1\r\na\r\n"
               "$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n"
               "$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n") },
};

START_TEST(commands)
{
    const struct command_case *c = &cases[_i];
    size_t n = resp_size(c->word, c->words);
    ck_assert_uint_eq(n, c->text.n);
    char *text = malloc(n);
    char *p = resp_head(text, c->words);
    for (size_t i = 0; i < c->words; i++)
        p = resp_word(p, c->word[i]);
    ck_assert_ptr_eq(p, text + n);
    ck_assert_mem_eq(text, c->text.p, n);
    free(text);
}
END_TEST

START_TEST(numbers)
{
    static const struct {
        uint64_t n;
        const char *text;
    } number[] = { { 0, "0" },
                   { 7, "7" },
                   { 10, "10" },
                   { 4294967295, "4294967295" },
                   { UINT64_MAX, "18446744073709551615" } };
    for (size_t i = 0; i < COUNT_OF(number); i++) {
        char digits[RESP_NUMBER_MAX];
        unit_assert_span(resp_number(number[i].n, digits), number[i].text, "number");
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("resp");
    TCase *tc = tcase_create("resp");
    tcase_add_loop_test(tc, commands, 0, COUNT_OF(cases));
    tcase_add_test(tc, numbers);
    suite_add_tcase(suite, tc);
    return suite;
}
