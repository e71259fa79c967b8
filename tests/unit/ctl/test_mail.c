#include "ctl/mail.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/support/unit.h"

static const struct {
    struct span text;
    const char *header; /* NULL: no message */
    const char *body;
    bool more;
} cases[] = {
    { SPAN_LIT("A: b\n\nbody\n"), "A: b\n\n", "body\n", false },
    { SPAN_LIT("\xef\xbb\xbf"
               "A: b\n\nbody"),
      "A: b\n\n", "body", false },
    { SPAN_LIT("\n \t\r\n\nA: b\n"), "A: b\n", "", false },
    { SPAN_LIT("From x@y Sat Nov 21 10:15:31 2026\nA: b\n\nbody\n"), "A: b\n\n", "body\n", false },
    { SPAN_LIT(">From x@y Sat Nov 21 10:15:31 2026\nA: b\n\nbody\n\nFrom z\n"), "A: b\n\n",
      "body\n\nFrom z\n", false },
    { SPAN_LIT("From x\nA: b\n\nbody\nFrom here on\n\nFrom z\nC: d\n\n"), "A: b\n\n",
      "body\nFrom here on\n\n", true },
    { SPAN_LIT("From x\nA: b\n\nFrom z\nC: d\n\n"), "A: b\n\n", "", true },
    { SPAN_LIT("A: b\n\nbody\n\nFrom z\n"), "A: b\n\n", "body\n\nFrom z\n", false },
    { SPAN_LIT("*** ENVELOPE RECORDS x ***\nsender: a\n*** MESSAGE CONTENTS x ***\nA: b\n\nbody\n"
               "*** HEADER EXTRACTED x ***\n*** MESSAGE FILE END x ***\n"),
      "A: b\n\n", "body\n", false },
    { SPAN_LIT("*** ENVELOPE RECORDS x ***\nsender: a\n"), NULL, NULL, false },
    { SPAN_LIT("A: b"), "A: b", "", false },
    { SPAN_LIT("no field here\n\nA: b\n"), NULL, NULL, false },
    { SPAN_LIT("From x\n"), NULL, NULL, false },
    { SPAN_LIT("\n\n"), NULL, NULL, false },
    { SPAN_LIT(""), NULL, NULL, false },
    { SPAN_LIT("\0\1\2\3"), NULL, NULL, false },
};

START_TEST(the_message_is_found)
{
    struct span text = unit_exact(cases[_i].text);
    struct mail m;
    bool found = mail_parse(text, &m);
    ck_assert_int_eq(found, cases[_i].header != NULL);
    if (found) {
        unit_assert_span(m.header, cases[_i].header, "header");
        unit_assert_span(m.body, cases[_i].body, "body");
        ck_assert_int_eq(m.more, cases[_i].more);
        ck_assert(m.message.p == m.header.p);
    }
    free((void *)text.p);
}
END_TEST

START_TEST(the_first_field_of_a_name_counts)
{
    struct mail m;
    ck_assert(mail_parse(SPAN_LIT("A: one \nB:\n two\na: three\n\nC: body\n"), &m));
    unit_assert_span(mail_field(&m, "a"), "one", "a");
    unit_assert_span(mail_field(&m, "B"), "two", "B");
    unit_assert_span(mail_field(&m, "C"), NULL, "C");
}
END_TEST

static const struct {
    size_t octets, read;
    bool cut;
} reads[] = {
    { 0, 0, false },
    { 5, 5, false },
    { MAIL_MAX, MAIL_MAX, false },
    { MAIL_MAX + 1, MAIL_MAX, true },
};

START_TEST(a_file_is_read_up_to_the_limit)
{
    struct buf text;
    bool cut = true;
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(ftruncate(fileno(file), (off_t)reads[_i].octets), 0);
    buf_init(&text, MAIL_MAX);
    ck_assert(mail_read(fileno(file), &text, &cut));
    ck_assert_uint_eq(text.n, reads[_i].read);
    ck_assert_int_eq(cut, reads[_i].cut);
    buf_free(&text);
    fclose(file);
}
END_TEST

START_TEST(a_pipe_is_read_to_its_end)
{
    struct buf text;
    bool cut = true;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "A: b\n\nc", 7), 7);
    close(ends[1]);
    buf_init(&text, MAIL_MAX);
    buf_adds(&text, "what was there before");
    ck_assert(mail_read(ends[0], &text, &cut));
    unit_assert_span(buf_span(&text), "A: b\n\nc", "text");
    ck_assert(!cut);
    buf_free(&text);
    close(ends[0]);
}
END_TEST

static const struct {
    struct span octets, text;
} codes[] = {
    { SPAN_LIT("\xff\xfe"
               "A\0:\0 \0\xe4\0\r\0\n\0"),
      SPAN_LIT("A: \xc3\xa4\r\n") },
    { SPAN_LIT("\xfe\xff"
               "\0A\0:\0\n"),
      SPAN_LIT("A:\n") },
    { SPAN_LIT("\xff\xfe"
               "A\0:"),
      SPAN_LIT("\xff\xfe"
               "A\0:") },
    { SPAN_LIT("\xff"), SPAN_LIT("\xff") },
    { SPAN_LIT("A: \xe4\0\n"), SPAN_LIT("A: \xe4\0\n") },
};

START_TEST(utf_16_becomes_utf_8)
{
    struct buf text;
    bool cut;
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(codes[_i].octets.p, 1, codes[_i].octets.n, file), codes[_i].octets.n);
    rewind(file);
    buf_init(&text, MAIL_MAX);
    ck_assert(mail_read(fileno(file), &text, &cut));
    ck_assert(span_eq(buf_span(&text), codes[_i].text));
    buf_free(&text);
    fclose(file);
}
END_TEST

START_TEST(what_cannot_be_read_is_told)
{
    struct buf text;
    bool cut;
    buf_init(&text, MAIL_MAX);
    ck_assert(!mail_read(-1, &text, &cut));
    buf_free(&text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mail");
    TCase *tc = tcase_create("mail");
    tcase_set_timeout(tc, 20);
    tcase_add_loop_test(tc, the_message_is_found, 0, COUNT_OF(cases));
    tcase_add_test(tc, the_first_field_of_a_name_counts);
    tcase_add_loop_test(tc, a_file_is_read_up_to_the_limit, 0, COUNT_OF(reads));
    tcase_add_test(tc, a_pipe_is_read_to_its_end);
    tcase_add_loop_test(tc, utf_16_becomes_utf_8, 0, COUNT_OF(codes));
    tcase_add_test(tc, what_cannot_be_read_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
