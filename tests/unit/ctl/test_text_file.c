#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/text_file.h"

#define NUL "a NUL octet: this is no text, or UTF-16 without its byte order mark"
#define BROKEN "broken UTF-16: half a character"
#define OCTETS(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *octets;
    size_t n;
    const char *text; /* NULL: refused */
    const char *error;
} cases[] = {
    { OCTETS(""), "", NULL },
    { OCTETS("a\r\nb\n"), "a\r\nb\n", NULL },
    { OCTETS("\xef\xbb\xbf"
             "a"),
      "a", NULL },
    { OCTETS("\xef\xbb"), "\xef\xbb", NULL },
    { OCTETS("\xff"), "\xff", NULL },
    { OCTETS("\xff\xfe"), "", NULL },
    { OCTETS("\xff\xfe"
             "a\0\n\0"),
      "a\n", NULL },
    { OCTETS("\xfe\xff\0a\0\n"), "a\n", NULL },
    /* One, two, three and four octets of UTF-8, at their ends. */
    { OCTETS("\xff\xfe\x7f\0\x80\0\xff\x07\0\x08\xff\xff"),
      "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", NULL },
    { OCTETS("\xff\xfe\x00\xd8\x00\xdc\xff\xdb\xff\xdf"), "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
      NULL },
    { OCTETS("\xff\xfe"
             "a"),
      NULL, "f:1: " BROKEN },
    { OCTETS("\xff\xfe"
             "a\0\n\0b"),
      NULL, "f:2: " BROKEN },
    { OCTETS("\xff\xfe\x00\xd8"), NULL, "f:1: " BROKEN },
    { OCTETS("\xff\xfe\x00\xd8"
             "a\0"),
      NULL, "f:1: " BROKEN },
    { OCTETS("\xff\xfe\x00\xdc\x00\xd8"), NULL, "f:1: " BROKEN },
    { OCTETS("\xff\xfe"
             "a\0\0\0"),
      NULL, "f:1: " NUL },
    { OCTETS("a\nb\0c"), NULL, "f:2: " NUL },
    { OCTETS("a\0d\0"), NULL, "f:1: " NUL },
};

static bool decode(struct span octets, struct text_file *f, char error[TEXT_FILE_ERROR_MAX])
{
    *f = (struct text_file){ .name = "f" };
    buf_init(&f->octets, TEXT_FILE_MAX);
    buf_add(&f->octets, octets);
    return text_file_decode(f, error);
}

START_TEST(decodes)
{
    struct text_file f;
    char error[TEXT_FILE_ERROR_MAX] = "";
    bool good = decode((struct span){ cases[_i].octets, cases[_i].n }, &f, error);
    ck_assert(good == (cases[_i].text != NULL));
    if (good)
        unit_assert_span(f.text, cases[_i].text, "text");
    else
        ck_assert_str_eq(error, cases[_i].error);
    text_file_free(&f);
}
END_TEST

START_TEST(bears_what_is_cut)
{
    for (size_t n = 0; n < cases[_i].n; n++) {
        struct text_file f;
        char error[TEXT_FILE_ERROR_MAX] = "";
        bool good = decode((struct span){ cases[_i].octets, n }, &f, error);
        ck_assert(good == (error[0] == '\0'));
        text_file_free(&f);
    }
}
END_TEST

START_TEST(reads_files)
{
    char path[] = "/tmp/coexist-text-XXXXXX", error[TEXT_FILE_ERROR_MAX], want[200];
    struct text_file f;
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "a\nb\n", 4), 4);
    close(fd);
    ck_assert(text_file_read(&f, path, 4, error));
    unit_assert_span(f.text, "a\nb\n", "text");
    ck_assert_str_eq(f.name, path);
    text_file_free(&f);
    ck_assert(!text_file_read(&f, path, 3, error));
    snprintf(want, sizeof(want),
             "%s: more than 3 octets: export less, only the columns that are needed", path);
    ck_assert_str_eq(error, want);
    text_file_free(&f);
    unlink(path);
    ck_assert(!text_file_read(&f, path, 3, error));
    snprintf(want, sizeof(want), "%s: No such file or directory", path);
    ck_assert_str_eq(error, want);
    text_file_free(&f);
    ck_assert(!text_file_read(&f, "/tmp", 3, error));
    ck_assert_str_eq(error, "/tmp: Is a directory");
    text_file_free(&f);
}
END_TEST

START_TEST(takes_lines)
{
    struct span text = SPAN_LIT("a\nb\r\nc\r\r\nd"), line;
    const char *const want[] = { "a", "b", "c", "", "d" };
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        ck_assert(text_line(&text, &line));
        unit_assert_span(line, want[i], "line");
    }
    ck_assert(!text_line(&text, &line));
}
END_TEST

START_TEST(knows_utf8)
{
    ck_assert(text_is_utf8(SPAN_LIT("")));
    ck_assert(text_is_utf8(SPAN_LIT("a\xc3\xa4\xf0\x90\x80\x80")));
    ck_assert(!text_is_utf8(SPAN_LIT("a\xe4")));
    ck_assert(!text_is_utf8(SPAN_LIT("\xed\xa0\x80")));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("text_file");
    TCase *tc = tcase_create("text_file");
    tcase_add_loop_test(tc, decodes, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, bears_what_is_cut, 0, COUNT_OF(cases));
    tcase_add_test(tc, reads_files);
    tcase_add_test(tc, takes_lines);
    tcase_add_test(tc, knows_utf8);
    suite_add_tcase(suite, tc);
    return suite;
}
