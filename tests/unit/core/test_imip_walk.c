#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/core/imip_samples.h"

/*
 * Messages put together by chance from what such messages are made of, and damaged: the verdict
 * that comes piece by piece is the one that the whole message gives to somebody who cuts it into
 * its parts, decodes them, and then looks.
 */

#define ROUNDS 10000
#define TEXT_MAX 8192
#define FRAGMENTS_MAX 24

static const char *const fragments[] = {
    "--a\r\n",
    "--b\r\n",
    "--c\r\n",
    "--a--\r\n",
    "--b--\r\n",
    "--c-- \r\n",
    "--\r\n",
    "-",
    "\r\n",
    "\n",
    "text\r\n",
    "Content-Type: text/plain\r\n",
    "Content-Type: text/calendar\r\n",
    "Content-Type: text/calendar; method=REQUEST\r\n",
    "Content-Type: text/calendar;\r\n\tmethod=\"x\"\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n",
    "Content-Type: multipart/alternative;\r\n boundary=\"c\"\r\n",
    "Content-Type: text/calendar; method*=us-ascii''REQUEST\r\n",
    "Content-Type: multipart/mixed; boundary*1*=%62; boundary*0=\"\"\r\n",
    "Content-Type: message/rfc822\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "Content-Transfer-Encoding: quoted-printable\r\n",
    "X-Other: y\r\n",
    " folded\r\n",
    "\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n",
    "BEGIN:VEVENT\r\nMETHOD:x\r\nEND:VEVENT\r\n",
    "\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
    "METHOD:REPLY\r\n",
    "METH=\r\nOD=3Ax\r\n",
    ICS_BASE64,
    ICS_PLAIN_BASE64,
};

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static void make(unsigned *seed, struct buf *out)
{
    unsigned n = 1 + next(seed) % FRAGMENTS_MAX;
    if (next(seed) % 4)
        buf_adds(out, "--a\r\n");
    for (unsigned i = 0; i < n; i++)
        buf_adds(out, fragments[next(seed) % COUNT_OF(fragments)]);
    /* One octet is missing, now and then. */
    if (next(seed) % 4 == 0 && out->n > 1) {
        size_t at = next(seed) % out->n;
        memmove(out->p + at, out->p + at + 1, out->n - at - 1);
        out->n--;
    }
}

/* A CR alone ends a line for one of the two, and not for the other. */
static bool has_bare_cr(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\r' && (i + 1 == text.n || text.p[i + 1] != '\n'))
            return true;
    return false;
}

static bool asks(struct span ics)
{
    struct calendar c;
    calendar_init(&c);
    for (size_t i = 0; i < ics.n; i++)
        calendar_take(&c, ics.p[i]);
    return c.has_method;
}

static bool is_invitation(const struct mime_part *p)
{
    struct buf text;
    if (!mime_part_is(p, "text", "calendar"))
        return false;
    if (content_type_has(&p->type, "method"))
        return true;
    buf_init(&text, TEXT_MAX);
    transfer_decode(p->encoding, p->body, &text);
    bool found = asks(buf_span(&text));
    buf_free(&text);
    return found;
}

static bool judge_whole(struct span message)
{
    static struct mime parts;
    mime_parse(message, &parts);
    for (size_t i = 0; i < parts.parts; i++)
        if (is_invitation(&parts.part[i]))
            return true;
    return false;
}

static bool judge_pieces(struct span body, unsigned *seed)
{
    static struct imip m;
    imip_begin(&m, SPAN_LIT("multipart/mixed; boundary=a"), TRANSFER_PLAIN);
    while (body.n > 0) {
        size_t n = 1 + next(seed) % 40;
        n = n < body.n ? n : body.n;
        char *exact = malloc(n);
        if (!exact)
            ck_abort_msg("no memory");
        memcpy(exact, body.p, n);
        imip_take(&m, (struct span){ exact, n });
        free(exact);
        body = span_from(body, n);
    }
    return imip_end(&m) == IMIP_YES;
}

START_TEST(pieces_say_what_the_whole_says)
{
    static const char header[] = "Content-Type: multipart/mixed; boundary=a\r\n\r\n";
    unsigned seed = 20251124 + (unsigned)_i, found = 0, compared = 0;
    unsigned rounds = unit_is_watched() ? ROUNDS / 20 : ROUNDS;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    for (unsigned round = 0; round < rounds; round++) {
        buf_clear(&text);
        buf_adds(&text, header);
        make(&seed, &text);
        struct span body = span_from(buf_span(&text), sizeof(header) - 1);
        if (!span_istarts(buf_span(&text), SPAN_LIT(header)) || has_bare_cr(body))
            continue;
        bool whole = judge_whole(buf_span(&text));
        if (judge_pieces(body, &seed) != whole)
            ck_abort_msg("as a whole it is%s one:\n%.*s", whole ? "" : " not", SPAN_ARG(body));
        found += whole;
        compared++;
    }
    buf_free(&text);
    ck_assert_uint_gt(compared, rounds / 2);
    ck_assert_uint_gt(found, rounds / 20);
    ck_assert_uint_gt(compared - found, rounds / 20);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("imip_walk");
    TCase *tc = tcase_create("imip_walk");
    tcase_add_loop_test(tc, pieces_say_what_the_whole_says, 0, 4);
    suite_add_tcase(s, tc);
    return s;
}
