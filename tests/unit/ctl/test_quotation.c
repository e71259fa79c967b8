#include "ctl/quotation.h"

#include <string.h>

#include "tests/support/unit.h"

#define HUGE_TEXT (1024 * 1024)

static const struct {
    const char *name;
    struct span text;
    const char *want; /* NULL: nothing is quoted */
} cases[] = {
    { "qmail",
      SPAN_LIT("Hi.\n\n--- Below this line is a copy.\n\nReturn-Path: <a>\nReceived: x\n"
               "Subject: y\n\nbody\n"),
      "Return-Path: <a>\nReceived: x\nSubject: y\n\nbody\n" },
    { "CRLF", SPAN_LIT("Hi.\r\n\r\nReceived: x\r\n\ty\r\n\r\nbody"),
      "Received: x\r\n\ty\r\n\r\nbody" },
    { "indented", SPAN_LIT("Hi.\n  Received: x\n    y\n  Subject: z\n\n  body\nmore\n"),
      "Received: x\n  y\nSubject: z\n\nbody\nmore\n" },
    { "quoted", SPAN_LIT("> Received: x\n> \ty\n>\n> body\n"), "Received: x\n\ty\n\nbody\n" },
    { "no Received", SPAN_LIT("words\nFrom: a\nTo: b\nSubject: c\n"),
      "From: a\nTo: b\nSubject: c\n" },
    { "two fields are too few", SPAN_LIT("From: a\nTo: b\nX-Other: c\n"), NULL },
    { "a Received counts more",
      SPAN_LIT("From: a\nTo: b\nSubject: c\n\nwords\n\nX-One: d\nReceived: e\n"),
      "X-One: d\nReceived: e\n" },
    { "words with colons", SPAN_LIT("Error: none\nReason: unknown\nReceived : x\n"),
      "Error: none\nReason: unknown\nReceived : x\n" },
    { "a folded line of another depth ends it", SPAN_LIT("    Received: x\n  no\n"),
      "Received: x\n  no\n" },
    { "nothing", SPAN_LIT("Just words.\n"), NULL },
    { "empty", SPAN_LIT(""), NULL },
};

START_TEST(quoted_messages_are_found)
{
    struct span text = unit_exact(cases[_i].text);
    struct buf out;
    buf_init(&out, 1000);
    bool found = quotation_find(text, &out);
    ck_assert_msg(found == (cases[_i].want != NULL), "%s", cases[_i].name);
    if (found)
        unit_assert_span(buf_span(&out), cases[_i].want, cases[_i].name);
    buf_free(&out);
    free((void *)text.p);
}
END_TEST

START_TEST(any_truncation_is_borne)
{
    for (size_t n = 0; n < cases[_i].text.n; n++) {
        struct span text = unit_exact((struct span){ cases[_i].text.p, n });
        struct buf out;
        buf_init(&out, n);
        ck_assert(quotation_find(text, &out) ? out.n > 0 : buf_ok(&out));
        buf_free(&out);
        free((void *)text.p);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_not_found)
{
    struct buf out;
    buf_init(&out, 5);
    ck_assert(!quotation_find(SPAN_LIT("words\nReceived: x\n"), &out));
    ck_assert(!buf_ok(&out));
    buf_free(&out);
}
END_TEST

/* The time limit of the case tells. */
START_TEST(hostile_texts_take_linear_time)
{
    static const char *const fillers[] = {
        "a:\n", " a:\n", "> a:\n>\n", "From:\n", "\n", ">", "a"
    };
    char *text = malloc(HUGE_TEXT);
    struct buf out;
    ck_assert_ptr_nonnull(text);
    buf_init(&out, HUGE_TEXT);
    for (size_t f = 0; f < COUNT_OF(fillers); f++) {
        size_t period = strlen(fillers[f]);
        for (size_t i = 0; i < HUGE_TEXT; i++)
            text[i] = fillers[f][i % period];
        bool found = quotation_find((struct span){ text, HUGE_TEXT }, &out);
        ck_assert_int_eq(found, strcmp(fillers[f], "From:\n") == 0);
    }
    buf_free(&out);
    free(text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("quotation");
    TCase *tc = tcase_create("quotation");
    tcase_set_timeout(tc, 20);
    tcase_add_loop_test(tc, quoted_messages_are_found, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, any_truncation_is_borne, 0, COUNT_OF(cases));
    tcase_add_test(tc, what_does_not_fit_is_not_found);
    tcase_add_test(tc, hostile_texts_take_linear_time);
    suite_add_tcase(suite, tc);
    return suite;
}
