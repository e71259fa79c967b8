#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "ctl/csv.h"

#define TOLD_MAX 4096

static struct csv reader; /* too large for a stack under ASan's watch */

/* `LINE|field|field` for each row, and `! LINE: fault`, with line ends as \n and \r. */
static void tell(struct span text, struct buf *told)
{
    enum csv_step step;
    csv_begin(&reader, text, 1);
    while ((step = csv_next(&reader)) == CSV_ROW) {
        buf_addf(told, "%zu", reader.row.line);
        for (size_t i = 0; i < reader.row.fields; i++) {
            buf_addc(told, '|');
            for (size_t k = 0; k < reader.row.field[i].n; k++) {
                char c = reader.row.field[i].p[k];
                buf_adds(told, c == '\n' ? "\\n" : c == '\r' ? "\\r" : (char[]){ c, 0 });
            }
        }
        buf_addc(told, '\n');
    }
    if (step == CSV_FAULT)
        buf_addf(told, "! %zu: %s\n", reader.fault_line, reader.fault);
    csv_free(&reader);
}

#define NOT_CLOSED "the quote that opens a field here is not closed"
#define BEHIND "text behind a closing quote: a quote inside a field is written twice"
#define INSIDE                                                                                     \
    "a quote inside a field that does not begin with one: the field goes in quotes, and each "     \
    "quote in it is written twice"

static const struct {
    const char *text;
    const char *want;
} cases[] = {
    { "", "" },
    { "\n\r\n\r", "" },
    { "a", "1|a\n" },
    { "a,b\r\nc,d\r\n", "1|a|b\n2|c|d\n" },
    { "a,b\nc,d", "1|a|b\n2|c|d\n" },
    { "a,b\rc,d\r", "1|a|b\n2|c|d\n" },
    { "a,,\n,,\n", "1|a||\n2|||\n" },
    { "\n\na\n\nb\n", "3|a\n5|b\n" },
    { "a;b;c\nd,e;f\n", "1|a|b|c\n2|d,e|f\n" },
    { "a\tb\nc,d\te\n", "1|a|b\n2|c,d|e\n" },
    { "\"a,b\";c;d\n", "1|a,b|c|d\n" },
    { "\"a;b;c\",d\n", "1|a;b;c|d\n" },
    { "sep=;\na,b;c\n", "2|a,b|c\n" },
    { "sep=|\r\na,b|c\r\n", "2|a,b|c\n" },
    { "sep=,x\n", "1|sep=|x\n" },
    { "\"\"\n", "1|\n" },
    { "\"\",\"\"\n", "1||\n" },
    { "\"a\"\"b\",\"\"\"\",c\n", "1|a\"b|\"|c\n" },
    { "\"a\"\"b\"\n\"\"\"c\"\"\"\n", "1|a\"b\n2|\"c\"\n" },
    { "\"a\nb\",c\nd,e\n", "1|a\\nb|c\n3|d|e\n" },
    { "\"a\r\nb\",c\r\nd,e\r\n", "1|a\\r\\nb|c\n3|d|e\n" },
    { "\"a\rb\",c\nd,e\n", "1|a\\rb|c\n3|d|e\n" },
    { " a , \"b\n", "! 1: " INSIDE "\n" },
    { "a,b\"c\n", "! 1: " INSIDE "\n" },
    { "a,b\nc,\"d\ne,f\n", "1|a|b\n! 2: " NOT_CLOSED "\n" },
    { "\"", "! 1: " NOT_CLOSED "\n" },
    { "\"a\"\"", "! 1: " NOT_CLOSED "\n" },
    { "a,\"b\"c\n", "! 1: " BEHIND "\n" },
    { "\"a\nb\" ,c\n", "! 2: " BEHIND "\n" },
    { "\xc3\xa4,\xff\n", "1|\xc3\xa4|\xff\n" },
};

static void assert_told(struct span text, const char *want)
{
    struct buf told;
    struct span exact = unit_exact(text);
    buf_init(&told, TOLD_MAX);
    tell(exact, &told);
    ck_assert_str_eq(buf_text(&told), want);
    buf_free(&told);
    free((void *)exact.p);
}

START_TEST(reads_rows)
{
    assert_told(span_of(cases[_i].text), cases[_i].want);
}
END_TEST

/* Whatever is cut off or changed: it ends, and reads nothing beside the text. */
START_TEST(bears_what_is_cut_and_changed)
{
    static const char spoil[] = "\",;\n\rx";
    struct span whole = span_of(cases[_i].text);
    for (size_t n = 1; n <= whole.n; n++) {
        for (size_t k = 0; k < sizeof(spoil); k++) {
            struct buf told;
            struct span exact = unit_exact((struct span){ whole.p, n });
            ((char *)exact.p)[n / 2] = spoil[k];
            buf_init(&told, TOLD_MAX);
            tell(exact, &told);
            ck_assert(buf_ok(&told));
            buf_free(&told);
            free((void *)exact.p);
        }
    }
}
END_TEST

/* A text of so many times the piece, and what stands behind. */
static void assert_hostile(const char *begin, const char *piece, size_t times, const char *end,
                           const char *fault)
{
    struct buf text;
    buf_init(&text, 1 << 24);
    buf_adds(&text, begin);
    for (size_t i = 0; i < times; i++)
        buf_adds(&text, piece);
    buf_adds(&text, end);
    ck_assert(buf_ok(&text));
    struct span exact = unit_exact(buf_span(&text));
    csv_begin(&reader, exact, 1);
    enum csv_step step = csv_next(&reader);
    if (fault) {
        ck_assert_int_eq(step, CSV_FAULT);
        ck_assert_str_eq(reader.fault, fault);
        ck_assert_uint_eq(reader.fault_line, 1);
    } else {
        ck_assert_int_eq(step, CSV_ROW);
        ck_assert_int_eq(csv_next(&reader), CSV_END);
    }
    csv_free(&reader);
    free((void *)exact.p);
    buf_free(&text);
}

START_TEST(has_caps)
{
    const char *long_row = "the row is too long: more than 1048576 octets";
    assert_hostile("", "x", CSV_ROW_MAX, "\n", NULL);
    assert_hostile("", "x", CSV_ROW_MAX + 1, "\n", long_row);
    assert_hostile("\"", "x", CSV_ROW_MAX - 2, "\"", NULL);
    assert_hostile("\"", "x", CSV_ROW_MAX - 1, "\"", long_row);
    assert_hostile("\"", "x", CSV_ROW_MAX + 9, "\"", NOT_CLOSED);
    assert_hostile("\"", "\"\"", CSV_ROW_MAX, "", NOT_CLOSED);
    assert_hostile("\"", "\n", 4 * CSV_ROW_MAX, "\"", NOT_CLOSED);
    assert_hostile("a", ",a", CSV_FIELDS_MAX - 1, "\n", NULL);
    assert_hostile("a", ",a", CSV_FIELDS_MAX, "\n", "too many columns: more than 1024");
    assert_hostile("", ",", 1000000, "\n", "too many columns: more than 1024");
    assert_hostile("", ",xxxxxxxxxxxxxxxx", 100000, "\n", "too many columns: more than 1024");
}
END_TEST

START_TEST(finds_columns)
{
    csv_begin(&reader, SPAN_LIT("Address, Home ,\"note\""), 1);
    ck_assert_int_eq(csv_next(&reader), CSV_ROW);
    ck_assert_uint_eq(csv_column(&reader.row, SPAN_LIT("address")), 0);
    ck_assert_uint_eq(csv_column(&reader.row, SPAN_LIT("HOME")), 1);
    ck_assert_uint_eq(csv_column(&reader.row, SPAN_LIT("note")), 2);
    ck_assert_uint_eq(csv_column(&reader.row, SPAN_LIT("group")), 3);
    csv_free(&reader);
}
END_TEST

static const struct {
    const char *field;
    const char *want;
} written[] = {
    { "", "" },           { "a b", "a b" },       { "=1+2", "=1+2" },       { "a,b", "\"a,b\"" },
    { "a;b", "\"a;b\"" }, { "a\tb", "\"a\tb\"" }, { "a\"b", "\"a\"\"b\"" }, { " a", "\" a\"" },
    { "a ", "\"a \"" },   { "a\nb", "\"a\nb\"" },
};

START_TEST(writes_what_it_reads)
{
    struct buf out;
    buf_init(&out, TOLD_MAX);
    csv_write(&out, span_of(written[_i].field));
    ck_assert_str_eq(buf_text(&out), written[_i].want);
    buf_adds(&out, ",x");
    csv_begin(&reader, buf_span(&out), 1);
    ck_assert_int_eq(csv_next(&reader), CSV_ROW);
    unit_assert_span(reader.row.field[0], written[_i].field, "read again");
    csv_free(&reader);
    buf_free(&out);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("csv");
    TCase *tc = tcase_create("csv");
    tcase_add_loop_test(tc, reads_rows, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, bears_what_is_cut_and_changed, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, writes_what_it_reads, 0, COUNT_OF(written));
    tcase_add_test(tc, has_caps);
    tcase_add_test(tc, finds_columns);
    suite_add_tcase(suite, tc);
    return suite;
}
