#include "core/mime.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/unit.h"

#define MUTATIONS 1000
#define HUGE_TEXT (1024 * 1024)
#define WATCHED_SHARE 8 /* of both, where the program is slow */

/* Parts as `depth type/subtype[encoding]{body}`, + where it is open, one behind the other. */
static const struct {
    const char *name;
    struct span text;
    const char *want;
    bool cut;
} cases[] = {
    { "nothing", SPAN_LIT(""), "0 text/plain{}", false },
    { "header alone", SPAN_LIT("Subject: x"), "0 text/plain{}", false },
    { "plain", SPAN_LIT("Subject: x\n\nbody\n"), "0 text/plain{body\n}", false },
    { "no header", SPAN_LIT("\nbody\n"), "0 text/plain{body\n}", false },
    { "no empty line", SPAN_LIT("Subject: x\nthis is the body\n"),
      "0 text/plain{this is the body\n}", false },
    { "html", SPAN_LIT("Content-Type: Text/Html\nContent-Transfer-Encoding: BASE64\n\neA==\n"),
      "0 Text/Html[base64]{eA==\n}", false },
    { "the first field counts", SPAN_LIT("Content-Type: a/b\nContent-Type: c/d\n\n"), "0 a/b{}",
      false },
    { "no type in it", SPAN_LIT("Content-Type: nonsense\n\nx"), "0 text/plain{x}", false },
    { "mixed",
      SPAN_LIT("Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--b\n"
               "Content-Type: text/html\n\ntwo\nlines\n--b--\nepilogue\n"),
      "0 multipart/mixed{preamble\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\nlines\n--b--\n"
      "epilogue\n}1 text/plain{one}1 text/html{two\nlines}",
      false },
    { "CRLF",
      SPAN_LIT("Content-Type: multipart/mixed;\r\n boundary=\"b c\"\r\n\r\n--b c\r\n\r\none\r\n"
               "--b c \t\r\nContent-Type: text/html\r\n\r\n\r\n--b c--"),
      "0 multipart/mixed{--b c\r\n\r\none\r\n--b c \t\r\nContent-Type: text/html\r\n\r\n\r\n"
      "--b c--}1 text/plain{one}1 text/html{}",
      false },
    { "CR", SPAN_LIT("Content-Type: multipart/mixed; boundary=b\r\r--b\r\rone\r--b--\r"),
      "0 multipart/mixed{--b\r\rone\r--b--\r}1 text/plain{one}", false },
    { "never closed", SPAN_LIT("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n"),
      "0 multipart/mixed+{--b\n\none\n}1 text/plain+{one\n}", false },
    { "an empty part", SPAN_LIT("Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b--\n"),
      "0 multipart/mixed{--b\n--b\n\n--b--\n}1 text/plain{}1 text/plain{}", false },
    { "a part of one line",
      SPAN_LIT("Content-Type: multipart/mixed; boundary=b\n\n--b\nno field\n"
               "--b--\n"),
      "0 multipart/mixed{--b\nno field\n--b--\n}1 text/plain{no field}", false },
    { "nested",
      SPAN_LIT("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: "
               "multipart/alternative; boundary=ab\n\n--ab\n\none\n--ab\nContent-Type: "
               "text/calendar; method=REQUEST\n\ntwo\n--ab--\n\n--a\n\nthree\n--a--\n"),
      "0 multipart/mixed{*}1 multipart/alternative{*}2 text/plain{one}2 text/calendar{two}"
      "1 text/plain{three}",
      false },
    { "the outer boundary ends all",
      SPAN_LIT("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: "
               "multipart/mixed; boundary=ab\n\n--ab\n\none\n--a\n\ntwo\n--a--\n"),
      "0 multipart/mixed{*}1 multipart/mixed{*}2 text/plain{one}1 text/plain{two}", false },
    { "a boundary that a field could be",
      SPAN_LIT("Content-Type: multipart/mixed; boundary=\"a: b\"\n\n--a: b\n--a: b\n\nx\n--a: b--"),
      "0 multipart/mixed{*}1 text/plain{}1 text/plain{x}", false },
    { "lines that only begin so",
      SPAN_LIT("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--bc\n -- b\n--b-\n--\n--b--"),
      "0 multipart/mixed{*}1 text/plain{--bc\n -- b\n--b-\n--}", false },
    { "a closed multipart stays closed",
      SPAN_LIT("Content-Type: multipart/mixed; boundary=b\n\n--b--\n--b\n\nno part\n"),
      "0 multipart/mixed{*}", false },
    { "digest",
      SPAN_LIT("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n--b--\n"),
      "0 multipart/digest{*}1 message/rfc822{Subject: x}", false },
    { "a message inside is a leaf",
      SPAN_LIT("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
               "Content-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--c--\n--b--\n"),
      "0 multipart/mixed{*}1 message/rfc822{Content-Type: multipart/mixed; "
      "boundary=c\n\n--c\n\nx\n--c--}",
      false },
    { "no boundary", SPAN_LIT("Content-Type: multipart/mixed\n\n--b\n\none\n--b--\n"),
      "0 multipart/mixed{--b\n\none\n--b--\n}", false },
};

static const char *const encodings[] = { "", "[base64]", "[quoted]" };

static void describe(const struct mime *m, const char *want, struct buf *out)
{
    for (size_t i = 0; i < m->parts; i++) {
        const struct mime_part *p = &m->part[i];
        buf_addf(out, "%u %.*s/%.*s%s%s{", p->depth, SPAN_ARG(p->type.type),
                 SPAN_ARG(p->type.subtype), encodings[p->encoding], p->open ? "+" : "");
        /* The body of a multipart that is told as `*` is not compared. */
        if (strncmp(want + (want[out->n] ? out->n : 0), "*", 1) == 0)
            buf_adds(out, "*");
        else
            buf_add(out, p->body);
        buf_addc(out, '}');
    }
}

START_TEST(messages_are_cut_into_parts)
{
    struct span text = unit_exact(cases[_i].text);
    struct mime *m = malloc(sizeof(*m));
    struct buf got;
    ck_assert_ptr_nonnull(m);
    buf_init(&got, 10000);
    mime_parse(text, m);
    describe(m, cases[_i].want, &got);
    unit_assert_span(buf_span(&got), cases[_i].want, cases[_i].name);
    ck_assert_int_eq(m->cut, cases[_i].cut);
    buf_free(&got);
    free(m);
    free((void *)text.p);
}
END_TEST

static bool is_inside(struct span part, struct span text)
{
    return part.p >= text.p && part.p + part.n <= text.p + text.n;
}

/* What holds for any text. */
static void assert_sound(struct span text, struct mime *m)
{
    mime_parse(text, m);
    ck_assert(m->parts > 0 && m->parts <= MIME_PARTS_MAX);
    ck_assert(m->part[0].parent == MIME_NO_PARENT && m->part[0].depth == 0);
    for (size_t i = 0; i < m->parts; i++) {
        const struct mime_part *p = &m->part[i];
        ck_assert(is_inside(p->header, text) && is_inside(p->body, text));
        ck_assert(p->header.p + p->header.n <= p->body.p);
        ck_assert(span_present(p->type.type));
        if (i == 0)
            continue;
        const struct mime_part *parent = &m->part[p->parent];
        ck_assert(p->parent < i && p->depth == parent->depth + 1 && p->depth <= MIME_DEPTH_MAX);
        ck_assert(mime_part_is(parent, "multipart", NULL));
        ck_assert(is_inside(p->header, parent->body) && is_inside(p->body, parent->body));
    }
}

START_TEST(any_truncation_is_sound)
{
    struct mime *m = malloc(sizeof(*m));
    ck_assert_ptr_nonnull(m);
    for (size_t n = 0; n < cases[_i].text.n; n++) {
        struct span text = unit_exact((struct span){ cases[_i].text.p, n });
        assert_sound(text, m);
        free((void *)text.p);
    }
    free(m);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

START_TEST(any_mutation_is_sound)
{
    static const char marks[] = "\r\n-: \tab;=\"/\0\x80";
    uint32_t random = 0x9E3779B9u + (uint32_t)_i;
    struct mime *m = malloc(sizeof(*m));
    ck_assert_ptr_nonnull(m);
    int mutations = unit_is_watched() ? MUTATIONS / WATCHED_SHARE : MUTATIONS;
    for (int i = 0; i < mutations && cases[_i].text.n > 0; i++) {
        struct span text = unit_exact(cases[_i].text);
        for (uint32_t n = 1 + next_random(&random) % 4; n > 0; n--)
            ((char *)text.p)[next_random(&random) % text.n] =
                marks[next_random(&random) % (sizeof marks - 1)];
        assert_sound(text, m);
        free((void *)text.p);
    }
    free(m);
}
END_TEST

static struct mime *parse(const struct buf *text)
{
    struct mime *m = malloc(sizeof(*m));
    ck_assert_ptr_nonnull(m);
    ck_assert(buf_ok(text));
    assert_sound(buf_span(text), m);
    return m;
}

START_TEST(what_is_too_deep_is_a_leaf)
{
    struct buf text;
    buf_init(&text, 100000);
    for (int i = 0; i < MIME_DEPTH_MAX + 4; i++)
        buf_addf(&text, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    buf_adds(&text, "\nbody\n");
    struct mime *m = parse(&text);
    ck_assert(m->cut);
    ck_assert_uint_eq(m->parts, MIME_DEPTH_MAX + 1);
    ck_assert_uint_eq(m->part[m->parts - 1].depth, MIME_DEPTH_MAX);
    free(m);
    buf_free(&text);
}
END_TEST

START_TEST(what_is_too_many_belongs_to_the_last)
{
    struct buf text;
    buf_init(&text, 100000);
    buf_adds(&text, "Content-Type: multipart/mixed; boundary=b\n\n");
    for (int i = 0; i < MIME_PARTS_MAX + 10; i++)
        buf_addf(&text, "--b\n\n%d\n", i);
    struct mime *m = parse(&text);
    ck_assert(m->cut);
    ck_assert_uint_eq(m->parts, MIME_PARTS_MAX);
    const struct mime_part *last = &m->part[MIME_PARTS_MAX - 1];
    ck_assert(last->body.p + last->body.n == text.p + text.n);
    free(m);
    buf_free(&text);
}
END_TEST

START_TEST(a_boundary_has_a_limit)
{
    struct buf text;
    buf_init(&text, 100000);
    for (int longer = 0; longer < 2; longer++) {
        buf_clear(&text);
        buf_adds(&text, "Content-Type: multipart/mixed; boundary=");
        for (int i = 0; i < MIME_BOUNDARY_MAX + longer; i++)
            buf_addc(&text, 'b');
        buf_adds(&text, "\n\n--");
        for (int i = 0; i < MIME_BOUNDARY_MAX + longer; i++)
            buf_addc(&text, 'b');
        buf_adds(&text, "\n\none\n");
        struct mime *m = parse(&text);
        ck_assert_uint_eq(m->parts, longer ? 1 : 2);
        free(m);
    }
    buf_free(&text);
}
END_TEST

/* Fillers that would make a careless reader look at the rest again for each line: the time limit of
 * the case tells. */
START_TEST(hostile_texts_take_linear_time)
{
    static const char *const fillers[] = { "--b", "--\n", "--b\n", "--b\n\n", "--b0--\n", "\r",
                                           "\n",  "a:\n", "\ra:",  " \n",     "-",        "x" };
    struct mime *m = malloc(sizeof(*m));
    char *text = malloc(HUGE_TEXT);
    char head[4096] = "";
    size_t huge = unit_is_watched() ? HUGE_TEXT / WATCHED_SHARE : HUGE_TEXT;
    ck_assert(m && text);
    for (int i = 0; i < MIME_DEPTH_MAX; i++)
        snprintf(head + strlen(head), sizeof(head) - strlen(head),
                 "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    for (size_t f = 0; f < COUNT_OF(fillers); f++) {
        size_t period = strlen(fillers[f]), n = strlen(head);
        memcpy(text, head, n);
        for (size_t i = n; i < huge; i++)
            text[i] = fillers[f][(i - n) % period];
        assert_sound((struct span){ text, huge }, m);
    }
    free(text);
    free(m);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mime");
    TCase *tc = tcase_create("mime");
    tcase_set_timeout(tc, 20);
    tcase_add_loop_test(tc, messages_are_cut_into_parts, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, any_truncation_is_sound, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, any_mutation_is_sound, 0, COUNT_OF(cases));
    tcase_add_test(tc, what_is_too_deep_is_a_leaf);
    tcase_add_test(tc, what_is_too_many_belongs_to_the_last);
    tcase_add_test(tc, a_boundary_has_a_limit);
    tcase_add_test(tc, hostile_texts_take_linear_time);
    suite_add_tcase(suite, tc);
    return suite;
}
