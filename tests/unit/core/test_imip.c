#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/core/imip_samples.h"

#define TEXT_MAX 65536
#define HUGE_BODY 8000000
#define CHUNK 65535 /* Postfix's */

static const char *const verdict_names[] = { "open", "no", "yes" };

/* The sample's body with CRLF; the caller frees. */
static struct span crlf_body(const char *body)
{
    char *text = malloc(2 * strlen(body) + 1);
    size_t n = 0;
    ck_assert_ptr_nonnull(text);
    for (const char *p = body; *p; p++) {
        if (*p == '\n')
            text[n++] = '\r';
        text[n++] = *p;
    }
    return (struct span){ text, n };
}

static void feed(struct imip *m, struct span piece)
{
    struct span exact = unit_exact(piece);
    imip_take(m, exact);
    free((void *)(uintptr_t)exact.p);
}

static enum imip_verdict begin(struct imip *m, const struct imip_sample *s)
{
    memset(m, 0xA5, sizeof(*m));
    return imip_begin(m, span_of(s->type), transfer_parse(span_of(s->encoding)));
}

/* What is found in the body when it is cut at the two places. */
static enum imip_verdict judge(const struct imip_sample *s, struct span body, size_t a, size_t b)
{
    static struct imip m;
    if (begin(&m, s) == IMIP_OPEN) {
        feed(&m, (struct span){ body.p, a });
        feed(&m, (struct span){ body.p + a, b - a });
        feed(&m, (struct span){ body.p + b, body.n - b });
    }
    return imip_end(&m);
}

static void assert_sample(const struct imip_sample *s, struct span body, size_t a, size_t b)
{
    enum imip_verdict got = judge(s, body, a, b);
    if (got != s->want)
        ck_abort_msg("%s, cut at %zu and %zu: %s, not %s", s->name, a, b, verdict_names[got],
                     verdict_names[s->want]);
}

START_TEST(each_sample_is_told)
{
    const struct imip_sample *s = &samples[_i];
    assert_sample(s, span_of(s->body), 0, 0);
    struct span body = crlf_body(s->body);
    assert_sample(s, body, 0, 0);
    free((void *)(uintptr_t)body.p);
}
END_TEST

/* In two pieces at each place, in three around each place, and octet by octet. */
START_TEST(the_verdict_does_not_depend_on_the_cut)
{
    const struct imip_sample *s = &samples[_i];
    struct span body = crlf_body(s->body);
    static struct imip m;
    for (size_t a = 0; a <= body.n; a++) {
        assert_sample(s, body, a, body.n);
        for (size_t more = 1; more <= 3 && a + more <= body.n; more++)
            assert_sample(s, body, a, a + more);
    }
    begin(&m, s);
    for (size_t i = 0; i < body.n && m.verdict == IMIP_OPEN; i++)
        feed(&m, (struct span){ body.p + i, 1 });
    ck_assert_int_eq(imip_end(&m), s->want);
    free((void *)(uintptr_t)body.p);
}
END_TEST

/* Wherever the message breaks off, there is an answer, and no invitation that was not there. */
START_TEST(a_body_that_breaks_off_is_borne)
{
    const struct imip_sample *s = &samples[_i];
    size_t length = strlen(s->body);
    for (size_t n = 0; n < length; n++) {
        struct imip_sample cut = *s;
        cut.want = judge(&cut, (struct span){ s->body, n }, 0, n);
        ck_assert_int_ne(cut.want, IMIP_OPEN);
        if (s->want == IMIP_NO)
            ck_assert_int_eq(cut.want, IMIP_NO);
    }
}
END_TEST

/* No octet behind what tells is asked for. */
START_TEST(it_stops_as_soon_as_it_knows)
{
    static const struct {
        const char *type, *body, *last; /* the piece with which it is known */
        enum imip_verdict want;
    } rows[] = {
        { "multipart/mixed; boundary=b", "--b\r\nContent-Type: text/calendar; method=REQUEST\r\n",
          "\r\n", IMIP_YES },
        { "multipart/mixed; boundary=b",
          "--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:", "R", IMIP_YES },
        { "text/calendar", "BEGIN:VCALENDAR\r\nMETHOD:", "R", IMIP_YES },
        { "multipart/mixed; boundary=b", "--b\r\n\r\ntext\r\n--b--\r", "\n", IMIP_NO },
    };
    static struct imip m;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ck_assert_int_eq(imip_begin(&m, span_of(rows[i].type), TRANSFER_PLAIN), IMIP_OPEN);
        ck_assert_int_eq(imip_take(&m, span_of(rows[i].body)), IMIP_OPEN);
        ck_assert_int_eq(imip_take(&m, span_of(rows[i].last)), rows[i].want);
        ck_assert_int_eq(imip_take(&m, SPAN_LIT("\r\n--b--\r\n")), rows[i].want);
        ck_assert_int_eq(imip_end(&m), rows[i].want);
    }
}
END_TEST

START_TEST(the_header_says_whether_the_body_is_needed)
{
    static const struct {
        const char *type;
        enum imip_verdict want;
    } rows[] = {
        { "multipart/alternative; boundary=b", IMIP_OPEN },
        { "Multipart/Mixed;\r\n\tboundary=\"a b\"", IMIP_OPEN },
        { "text/calendar", IMIP_OPEN },
        { "text/calendar; charset=utf-8", IMIP_OPEN },
        { "text/calendar; method=REQUEST", IMIP_YES },
        { "multipart/mixed; boundary*0=a; boundary*1=b", IMIP_OPEN },
        { "multipart/mixed; boundary*=us-ascii''a%20b", IMIP_OPEN },
        { "multipart/mixed; boundary*1=b", IMIP_NO },
        { "text/calendar; method*1=REQUEST", IMIP_OPEN },
        { "text/calendar; method*=us-ascii''", IMIP_OPEN },
        { "text/calendar; method*=us-ascii''REQUEST", IMIP_YES },
        { "text/calendar; method*0*=''REQ; method*1=UEST", IMIP_YES },
        { "multipart/mixed", IMIP_NO },
        { "text/plain", IMIP_NO },
        { "message/rfc822", IMIP_NO },
        { "", IMIP_NO },
    };
    static struct imip m;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span type = span_of(rows[i].type);
        ck_assert_int_eq(imip_begin(&m, type, TRANSFER_PLAIN), rows[i].want);
        ck_assert_int_eq(imip_needs_body(type), rows[i].want == IMIP_OPEN);
    }
    ck_assert(!imip_needs_body(SPAN_ABSENT));
}
END_TEST

/* So many multiparts within each other; the calendar in the innermost. */
static void nest(struct buf *out, unsigned depth)
{
    for (unsigned i = 1; i < depth; i++)
        buf_addf(out, "--b%u\r\nContent-Type: multipart/mixed; boundary=b%u\r\n\r\n", i - 1, i);
    buf_addf(out, "--b%u\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nx\r\n--b%u--\r\n",
             depth - 1, depth - 1);
}

START_TEST(depth_is_bounded)
{
    const struct imip_sample outer = { "deep", "multipart/mixed; boundary=b0", NULL, NULL, 0 };
    for (unsigned depth = MIME_DEPTH_MAX - 1; depth <= MIME_DEPTH_MAX + 1; depth++) {
        struct buf body;
        buf_init(&body, TEXT_MAX);
        nest(&body, depth);
        ck_assert(buf_ok(&body));
        enum imip_verdict want = depth <= MIME_DEPTH_MAX ? IMIP_YES : IMIP_NO;
        ck_assert_int_eq(judge(&outer, buf_span(&body), body.n / 2, body.n), want);
        buf_free(&body);
    }
}
END_TEST

static void fill(struct buf *out, char c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_addc(out, c);
}

/* Lines, fields, boundaries and padding that are longer than what is held of them. */
START_TEST(what_is_too_long_is_borne)
{
    static const struct {
        const char *type, *before;
        char filling;
        const char *after;
        enum imip_verdict want;
    } rows[] = {
        { "multipart/mixed; boundary=b", "--b", ' ',
          "\n"
          "Content-Type: text/calendar; method=x\n\n",
          IMIP_YES },
        { "multipart/mixed; boundary=b", "--b", ' ', "x\nContent-Type: text/calendar; method=x\n\n",
          IMIP_NO },
        { "multipart/mixed; boundary=b", "--b", 'x', "\nContent-Type: text/calendar; method=x\n\n",
          IMIP_NO },
        { "multipart/mixed; boundary=b", "--b\nX: ", 'x',
          "\nContent-Type: text/calendar; method=x\n\n", IMIP_YES },
        { "multipart/mixed; boundary=b", "--b\nX: a\n ", ' ',
          "b\nContent-Type: text/calendar; method=x\n\n", IMIP_YES },
        { "multipart/mixed; boundary=b", "--b\nContent-Type: text/calendar; x=", 'x',
          "; method=x\n\n--b--\n", IMIP_NO },
        { "text/calendar", "BEGIN:VCALENDAR\nX:", 'x', "\nMETHOD:REQUEST\n", IMIP_YES },
        { "text/calendar", "--", '-', "\nBEGIN:VCALENDAR\nMETHOD:REQUEST\n", IMIP_YES },
        { "multipart/mixed; boundary=b", "--b\nContent-Type: text/calendar\n\n--", 'x',
          "\nBEGIN:VCALENDAR\nMETHOD:REQUEST\n", IMIP_YES },
        { "multipart/mixed; boundary=b",
          "--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\nX:--", ' ', "\nMETHOD:REQUEST\n",
          IMIP_YES },
    };
    static const size_t sizes[] = { 100,
                                    IMIP_LINE_MAX - 4,
                                    IMIP_LINE_MAX - 3,
                                    IMIP_LINE_MAX - 2,
                                    IMIP_LINE_MAX,
                                    IMIP_FIELD_MAX,
                                    20000 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        if (sizes[i] < IMIP_LINE_MAX && rows[_i].want == IMIP_NO && rows[_i].after[0] == ';')
            continue;
        struct imip_sample s = { rows[_i].before, rows[_i].type, NULL, NULL, rows[_i].want };
        struct buf body;
        buf_init(&body, TEXT_MAX);
        buf_adds(&body, rows[_i].before);
        fill(&body, rows[_i].filling, sizes[i]);
        buf_adds(&body, rows[_i].after);
        for (size_t a = 0; a <= body.n; a += a < 50 || a + 50 > body.n ? 1 : 97)
            assert_sample(&s, buf_span(&body), a, a + (body.n - a) / 2);
        buf_free(&body);
    }
}
END_TEST

/* Long bodies in time that grows with them alone: one line, all lines empty, all that might be
 * boundaries, parts without number, a calendar without end. */
START_TEST(huge_bodies_are_read_in_time)
{
    static const struct {
        const char *before, *again;
    } rows[] = {
        { "--b\n\n", "xxxxxxxxxxxxxxxx" },
        { "--b\n\n", "\n" },
        { "--b\n\n", "-" },
        { "--b\n\n", "--\n" },
        { "--b\n\n", "--b-\n" },
        { "", "--b\n" },
        { "", "--b\nContent-Type: multipart/mixed; boundary=b\n\n" },
        { "--b\nContent-Type: text/plain;", "\n x" },
        { "--b\n", "X: y\n" },
        { "--b\nContent-Type: text/calendar\n\n", "BEGIN:VEVENT\n" },
        { "--b\nContent-Type: text/calendar\nContent-Transfer-Encoding: base64\n\n", "QkVHSU46" },
        { "--b\nContent-Type: text/calendar\nContent-Transfer-Encoding: quoted-printable\n\n",
          "=" },
    };
    static struct imip m;
    size_t size = unit_is_watched() ? HUGE_BODY / 20 : HUGE_BODY;
    char *body = malloc(size);
    ck_assert_ptr_nonnull(body);
    size_t n = strlen(rows[_i].before), step = strlen(rows[_i].again);
    memcpy(body, rows[_i].before, n);
    for (; n + step <= size; n += step)
        memcpy(body + n, rows[_i].again, step);
    ck_assert_int_eq(imip_begin(&m, SPAN_LIT("multipart/mixed; boundary=b"), 0), IMIP_OPEN);
    for (size_t at = 0; at < n; at += CHUNK)
        ck_assert_int_eq(imip_take(&m, (struct span){ body + at, n - at < CHUNK ? n - at : CHUNK }),
                         IMIP_OPEN);
    ck_assert_int_eq(imip_end(&m), IMIP_NO);
    free(body);
}
END_TEST

static void add_cases(TCase *tc, const TTest *test)
{
    tcase_add_loop_test(tc, test, 0, COUNT_OF(samples));
}

Suite *unit_suite(void)
{
    Suite *s = suite_create("imip");
    TCase *tc = tcase_create("imip");
    add_cases(tc, each_sample_is_told);
    add_cases(tc, the_verdict_does_not_depend_on_the_cut);
    add_cases(tc, a_body_that_breaks_off_is_borne);
    tcase_add_test(tc, it_stops_as_soon_as_it_knows);
    tcase_add_test(tc, the_header_says_whether_the_body_is_needed);
    tcase_add_test(tc, depth_is_bounded);
    tcase_add_loop_test(tc, what_is_too_long_is_borne, 0, 10);
    tcase_add_loop_test(tc, huge_bodies_are_read_in_time, 0, 12);
    suite_add_tcase(s, tc);
    return s;
}
