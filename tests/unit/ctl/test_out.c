#include "tests/support/unit.h"

#include <string.h>

#include "ctl/out.h"
#include "ctl/table.h"

/* A stream into memory, and what was written. */
struct page {
    struct out out;
    char *text;
    size_t n;
};

static void page_open(struct page *p, enum colour colour)
{
    *p = (struct page){ .text = NULL };
    FILE *to = fmemopen(NULL, 4096, "w+");
    ck_assert_ptr_nonnull(to);
    out_init(&p->out, to, colour);
}

static const char *page_text(struct page *p)
{
    static char text[4096];
    ck_assert(out_flush(&p->out));
    long n = ftell(p->out.to);
    rewind(p->out.to);
    ck_assert_uint_eq(fread(text, 1, (size_t)n, p->out.to), (size_t)n);
    text[n] = '\0';
    fclose(p->out.to);
    return text;
}

static const struct {
    struct span text;
    const char *shown;
    size_t columns;
} foreign[] = {
    { SPAN_LIT(""), "", 0 },
    { SPAN_LIT("user@example.com"), "user@example.com", 16 },
    { SPAN_LIT("\xc3\xbc"
               "ber"),
      "\xc3\xbc"
      "ber",
      4 },
    { SPAN_LIT("a\\b"), "a\\\\b", 4 },
    /* What could drive a terminal. */
    { SPAN_LIT("\x1b[2J"), "\\x1B[2J", 7 },
    { SPAN_LIT("a\r\nb\tc"), "a\\x0D\\x0Ab\\x09c", 15 },
    { SPAN_LIT("\0\x07\x7f"), "\\x00\\x07\\x7F", 12 },
    { SPAN_LIT("\xc2\x9b"
               "31m"),
      "\\xC2\\x9B31m", 11 },
    /* What could make one text look like another. */
    { SPAN_LIT("\xe2\x80\xae"
               "evil"),
      "\\xE2\\x80\\xAEevil", 16 },
    { SPAN_LIT("a\xe2\x80\x8b"
               "b"),
      "a\\xE2\\x80\\x8Bb", 14 },
    { SPAN_LIT("\xef\xbb\xbfx"), "\\xEF\\xBB\\xBFx", 13 },
    /* What is no UTF-8. */
    { SPAN_LIT("\xff"
               "a\xc3"),
      "\\xFFa\\xC3", 9 },
};

START_TEST(foreign_text_drives_nothing)
{
    struct page p;
    struct span text = unit_exact(foreign[_i].text);
    page_open(&p, COLOUR_NEVER);
    out_foreign(&p.out, text);
    ck_assert_uint_eq(out_columns(text), foreign[_i].columns);
    ck_assert_str_eq(page_text(&p), foreign[_i].shown);
    free((void *)text.p);
}
END_TEST

START_TEST(ink_is_for_those_who_see_it)
{
    struct page p;
    page_open(&p, COLOUR_ALWAYS);
    out_printf(&p.out, INK_BAD, "%d", 7);
    out_foreign_ink(&p.out, INK_STRONG, SPAN_LIT("x\x1b"));
    ck_assert_str_eq(page_text(&p), "\033[31m7\033[0m\033[1mx\\x1B\033[0m");
    page_open(&p, COLOUR_AUTO);
    out_printf(&p.out, INK_BAD, "%d", 7);
    ck_assert(!p.out.terminal);
    ck_assert_uint_eq(p.out.width, OUT_WIDTH_USUAL);
    ck_assert_str_eq(page_text(&p), "7");
}
END_TEST

static const struct {
    uint64_t part, whole;
    unsigned columns;
    const char *shown;
} bars[] = {
    { 0, 0, 4, "[    ]" }, { 0, 9, 4, "[    ]" },
    { 9, 9, 4, "[####]" }, { 1, 1000, 4, "[#   ]" },
    { 1, 2, 4, "[##  ]" }, { 12, 9, 4, "[####]" },
    { 3, 4, 0, "[]" },     { UINT64_MAX, UINT64_MAX, 2, "[##]" },
};

START_TEST(a_bar_shows_a_part)
{
    struct page p;
    page_open(&p, COLOUR_NEVER);
    out_bar(&p.out, INK_GOOD, bars[_i].part, bars[_i].whole, bars[_i].columns);
    ck_assert_str_eq(page_text(&p), bars[_i].shown);
}
END_TEST

START_TEST(columns_fit_their_widest_cell)
{
    static const char *const head[] = { "name", "home" };
    struct page p;
    struct table t;
    table_init(&t, 2, head);
    table_adds(&t, "a\xc3\xbc");
    table_adds(&t, "both");
    table_add(&t, INK_BAD, SPAN_LIT("longer\x1b"));
    table_add(&t, INK_PLAIN, SPAN_ABSENT);
    table_adds(&t, "half");
    page_open(&p, COLOUR_NEVER);
    table_print(&t, &p.out);
    ck_assert_str_eq(page_text(&p), "name        home\n"
                                    "a\xc3\xbc          both\n"
                                    "longer\\x1B  -\n"
                                    "half\n");
    table_free(&t);
    ck_assert_uint_eq(t.cells, 0);
}
END_TEST

START_TEST(a_stream_that_fails_is_told)
{
    struct out o;
    FILE *full = fopen("/dev/full", "we");
    ck_assert_ptr_nonnull(full);
    out_init(&o, full, COLOUR_NEVER);
    out_printf(&o, INK_PLAIN, "x");
    ck_assert(!out_flush(&o));
    fclose(full);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("out");
    TCase *tc = tcase_create("out");
    tcase_add_loop_test(tc, foreign_text_drives_nothing, 0, COUNT_OF(foreign));
    tcase_add_test(tc, ink_is_for_those_who_see_it);
    tcase_add_loop_test(tc, a_bar_shows_a_part, 0, COUNT_OF(bars));
    tcase_add_test(tc, columns_fit_their_widest_cell);
    tcase_add_test(tc, a_stream_that_fails_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
