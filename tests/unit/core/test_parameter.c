#include "core/parameter.h"

#include <string.h>

#include "core/content_type.h"
#include "tests/support/unit.h"

#define LIMIT 30
#define HUGE_FIELD 2000000

/* What stands behind the type, and the parameter b of it. */
static const struct {
    const char *field;
    struct span want; /* absent: none */
} cases[] = {
    /* Plain. */
    { "b=abc", SPAN_LIT("abc") },
    { "B=abc", SPAN_LIT("abc") },
    { "b=a%62c", SPAN_LIT("a%62c") },
    { "b=us-ascii''abc", SPAN_LIT("us-ascii''abc") },
    { "b=; b=\"\"; b=first; b=second", SPAN_LIT("first") },
    /* Segments (section 3). */
    { "b*0=ab; b*1=c", SPAN_LIT("abc") },
    { "b*0=abc", SPAN_LIT("abc") },
    { "b*0=\"a \"; b*1=\"\\\"b\\\\\"; b*2=c", SPAN_LIT("a \"b\\c") },
    { "b*2=c; b*0=a; x=y; b*1=b", SPAN_LIT("abc") },
    { "B*0=a; b*1=b; x*2=z; B*2=c", SPAN_LIT("abc") },
    { "b*0=a; b*1=; b*2=\"\"; b*3=b", SPAN_LIT("ab") },
    { "b*0=; b*1=\"\"; b*2=c", SPAN_LIT("c") },
    { "b*0=a; b*1=b; b*3=d", SPAN_LIT("ab") },
    { "b*0=a; b*0=x; b*1=b; b*1*=y", SPAN_LIT("ab") },
    { "b*0=\"\"; b*0=a; b*1=; b*1=b", SPAN_LIT("ab") },
    { "b*0=a; b*1=%62", SPAN_LIT("a%62") },
    { "b*0=a; b*1=b; b*2=c; b*3=d; b*4=e; b*5=f; b*6=g; b*7=h; b*8=i; b*9=j; b*10=k; b*11=l",
      SPAN_LIT("abcdefghijkl") },
    { "b*1=c", SPAN_ABSENT },
    { "b*1*=us-ascii''c; b*2=d", SPAN_ABSENT },
    { "b*0=; b*1=\"\"", SPAN_ABSENT },
    { "b*0=; b*2=c", SPAN_ABSENT },
    /* No numbers. */
    { "b*0=a; b*01=b", SPAN_LIT("a") },
    { "b*00=a", SPAN_ABSENT },
    { "b*00*=''a", SPAN_ABSENT },
    { "b*+0=a", SPAN_ABSENT },
    { "b*-0=a", SPAN_ABSENT },
    { "b*x=a", SPAN_ABSENT },
    { "b*0x=a", SPAN_ABSENT },
    { "b*0**=a", SPAN_ABSENT },
    { "b**=a", SPAN_ABSENT },
    { "b**0=a", SPAN_ABSENT },
    { "b0=a", SPAN_ABSENT },
    { "*0=a", SPAN_ABSENT },
    { "bb*0=a", SPAN_ABSENT },
    { "b*0=a; b*100=b; b*18446744073709551617=c; b*99999999999999999999=d", SPAN_LIT("a") },
    /* Encoded (section 4). */
    { "b*=us-ascii''abc", SPAN_LIT("abc") },
    { "b*=us-ascii'en-us'a%62%63", SPAN_LIT("abc") },
    { "b*=''abc", SPAN_LIT("abc") },
    { "b*=''%2d%2D", SPAN_LIT("--") },
    { "b*=''a%22b%27c", SPAN_LIT("a\"b'c") },
    { "b*=''a'b'c", SPAN_LIT("a'b'c") },
    { "b*=''%2562", SPAN_LIT("%62") },
    { "b*=''a%00b", SPAN_LIT("a\0b") },
    { "b*=''%00", SPAN_LIT("\0") },
    { "b*=''%FF", SPAN_LIT("\xff") },
    { "b*=\"us-ascii'en'a%62\\%63\"", SPAN_LIT("abc") },
    { "b*=\"''a%\r\n 62\"", SPAN_LIT("a% 62") },
    { "b*=\"''a%\r\n62\"", SPAN_LIT("ab") },
    { "b*=''a; b*=''b", SPAN_LIT("a") },
    { "b*=us-ascii''; b*=''b", SPAN_LIT("b") },
    { "b*=us-ascii''", SPAN_ABSENT },
    { "b*=", SPAN_ABSENT },
    { "b*", SPAN_ABSENT },
    /* Malformed. */
    { "b*=''%", SPAN_LIT("%") },
    { "b*=''a%6", SPAN_LIT("a%6") },
    { "b*=''a%6gc", SPAN_LIT("a%6gc") },
    { "b*=''%%62", SPAN_LIT("%b") },
    { "b*=''%6%62", SPAN_LIT("%6b") },
    { "b*=a%62c", SPAN_LIT("abc") },
    { "b*=us-ascii'a%62c", SPAN_LIT("us-ascii'abc") },
    { "b*=us-ascii%27%27a", SPAN_LIT("us-ascii''a") },
    { "b*=\"''never closed%", SPAN_LIT("never closed%") },
    /* Both (section 4.1). */
    { "b*0*=us-ascii''a%62; b*1=c", SPAN_LIT("abc") },
    { "b*0*=us-ascii'en'a%62; b*1=%63; b*2*=%64", SPAN_LIT("ab%63d") },
    { "b*2*=%63; b*1=b; b*0*=us-ascii''%61", SPAN_LIT("abc") },
    { "b*0=us-ascii''a; b*1*=%62", SPAN_LIT("us-ascii''ab") },
    { "b*0*=''a; b*1*=us-ascii''b", SPAN_LIT("aus-ascii''b") },
    { "b*0*=''a%6; b*1=2", SPAN_LIT("a%62") },
    { "b*0*=''a%; b*1*=62", SPAN_LIT("a%62") },
    { "b*0*=us-ascii''; b*1=abc", SPAN_LIT("abc") },
    { "b*0*=us-ascii'; b*1*='abc", SPAN_LIT("us-ascii''abc") },
    { "b*0*=us-ascii''; b*1*=\"\"", SPAN_ABSENT },
    /* Several forms. */
    { "b=plain; b*=''extended; b*0=segment", SPAN_LIT("plain") },
    { "b*0=segment; b*=''extended; b=plain", SPAN_LIT("plain") },
    { "b*0=segment; b*=''extended; b=\"\"", SPAN_LIT("extended") },
    { "b*0=segment; b*=us-ascii''; b=", SPAN_LIT("segment") },
    { "b*0=seg; b=; b*=''; b*1=ment", SPAN_LIT("segment") },
    /* The limit, and what is beyond it. */
    { "b=012345678901234567890123456789", SPAN_LIT("012345678901234567890123456789") },
    { "b=0123456789012345678901234567890", SPAN_ABSENT },
    { "b*0=01234567890123456789; b*1=0123456789", SPAN_LIT("012345678901234567890123456789") },
    { "b*0=01234567890123456789; b*1=01234567890", SPAN_ABSENT },
    { "b*=a-charset-with-a-name-that-is-long'and-its-language'"
      "%30%31%32%33%34%35%36%37%38%39%30%31%32%33%34%35%36%37%38%39%30%31%32%33%34%35%36%37%38%39",
      SPAN_LIT("012345678901234567890123456789") },
    { "b*=''%30%31%32%33%34%35%36%37%38%39%30%31%32%33%34%35%36%37%38%39%30%31%32%33%34%35%36%37%38"
      "%39%30",
      SPAN_ABSENT },
};

/* The value of b that the field, cut to so many octets, has; *out is LIMIT octets large. */
static bool read_exact(const char *field, size_t n, struct buf *out)
{
    static const char type[] = "multipart/mixed;";
    struct buf whole;
    struct content_type t;
    buf_init(&whole, sizeof(type) + n);
    buf_adds(&whole, type);
    buf_add(&whole, (struct span){ field, n });
    struct span value = unit_exact(buf_span(&whole));
    content_type_parse(value, &t);
    bool has = content_type_parameter(&t, "b", out);
    ck_assert_int_eq(content_type_has(&t, "b"), has || !buf_ok(out));
    free((void *)value.p);
    buf_free(&whole);
    return has;
}

START_TEST(each_form_is_read)
{
    struct buf out;
    buf_init(&out, LIMIT);
    bool has = read_exact(cases[_i].field, strlen(cases[_i].field), &out);
    ck_assert_msg(has == span_present(cases[_i].want), "%s", cases[_i].field);
    if (has && !span_eq(buf_span(&out), cases[_i].want))
        ck_abort_msg("%s: %.*s", cases[_i].field, SPAN_ARG(buf_span(&out)));
    buf_free(&out);
}
END_TEST

START_TEST(a_field_that_breaks_off_is_borne)
{
    struct buf out;
    buf_init(&out, LIMIT);
    for (size_t n = 0; n < strlen(cases[_i].field); n++) {
        bool has = read_exact(cases[_i].field, n, &out);
        ck_assert_uint_le(out.n, LIMIT);
        ck_assert(!has || out.n > 0);
    }
    buf_free(&out);
}
END_TEST

/* Each value as its own block of memory, behind which nothing may be read. */
START_TEST(values_are_read_to_their_end)
{
    static const char *const values[] = {
        "", "\"", "\"\\", "%", "%6", "\"%6", "a'", "a'b'", "''%"
    };
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct span value = unit_exact(span_of(values[i]));
        struct parameter p;
        struct buf out;
        buf_init(&out, LIMIT);
        parameter_init(&p, SPAN_LIT("b"));
        ck_assert(!parameter_present(&p));
        parameter_add(&p, SPAN_LIT("b*0*"), value);
        parameter_add(&p, SPAN_LIT("b*1"), value);
        parameter_write(&p, &out);
        ck_assert_int_eq(parameter_present(&p), out.n > 0);
        buf_free(&out);
        free((void *)value.p);
    }
}
END_TEST

START_TEST(segments_are_capped)
{
    struct buf field, out;
    buf_init(&field, HUGE_FIELD);
    buf_init(&out, (size_t)2 * PARAMETER_SEGMENTS_MAX);
    for (unsigned i = PARAMETER_SEGMENTS_MAX + 10; i-- > 0;)
        buf_addf(&field, "b*%u=x;", i);
    ck_assert(read_exact(buf_text(&field), field.n, &out));
    ck_assert_uint_eq(out.n, PARAMETER_SEGMENTS_MAX);
    buf_free(&out);
    buf_free(&field);
}
END_TEST

/* Long fields in time that grows with them alone. */
START_TEST(huge_fields_are_read_in_time)
{
    static const struct {
        const char *before, *first, *again; /* first and again by turns: a half of the field each */
    } rows[] = {
        { "", "", "b*0=x;" },
        { "", "", "b*0=;" },
        { "", "", "b*1=x;" },
        { "", "", "b*0*=x'" },
        { "", "", "b*0*=\"\r\n\";" },
        { "b*0*=", "x", "''x;b*0*=''x;" },
        { "b*0*=", "x", "''x;b*1=y;b=;b*=;" },
        { "b*0*=", "x", "'';b*0*=''y;" },
        { "b*0*=\"", "\r\n", "\";b*0*=\"\"" },
        { "b*0*=\"", "%\r\n", "\";b*0*=\"%" },
        { "b*0*=''", "%", "%6" },
        { "b*0=x", "(", "(b=" },
        { "b*0=x", "()", ";(b)b*1(x)=()x(" },
        { "b*", "0", "=x;b*0=y;" },
    };
    size_t size = unit_is_watched() ? HUGE_FIELD / 20 : HUGE_FIELD;
    struct buf field, out;
    buf_init(&field, size + 64);
    buf_init(&out, LIMIT);
    buf_adds(&field, rows[_i].before);
    while (rows[_i].first[0] && field.n < size / 2)
        buf_adds(&field, rows[_i].first);
    while (field.n < size)
        buf_adds(&field, rows[_i].again);
    ck_assert(buf_ok(&field));
    read_exact(buf_text(&field), field.n, &out);
    ck_assert_uint_le(out.n, LIMIT);
    buf_free(&out);
    buf_free(&field);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("parameter");
    TCase *tc = tcase_create("parameter");
    tcase_add_loop_test(tc, each_form_is_read, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, a_field_that_breaks_off_is_borne, 0, COUNT_OF(cases));
    tcase_add_test(tc, values_are_read_to_their_end);
    tcase_add_test(tc, segments_are_capped);
    tcase_add_loop_test(tc, huge_fields_are_read_in_time, 0, 14);
    suite_add_tcase(suite, tc);
    return suite;
}
