#include "core/parameter.h"

#include "core/quoted.h"
#include "core/transfer.h"

#define LABEL_MARKS 2 /* apostrophes of charset'language' */

/* Gives the octets of a piece one by one, so that no copy of it is made that could be too large. */
struct reader {
    struct span rest;
    bool quoted;
    bool encoded;
};

/* Without quotes; -1 at the end. */
static int take_octet(struct reader *r)
{
    if (r->quoted)
        return quoted_take(&r->rest);
    if (r->rest.n == 0)
        return -1;
    unsigned char c = (unsigned char)r->rest.p[0];
    r->rest = span_from(r->rest, 1);
    return c;
}

static unsigned take_digit(struct reader *r)
{
    int c = take_octet(r);
    return c < 0 ? TRANSFER_NO_DIGIT : transfer_hex((char)c);
}

/* The same, decoded. */
static int take_decoded(struct reader *r)
{
    int c = take_octet(r);
    if (!r->encoded || c != '%')
        return c;
    struct reader ahead = *r;
    unsigned high = take_digit(&ahead), low = take_digit(&ahead);
    if (high == TRANSFER_NO_DIGIT || low == TRANSFER_NO_DIGIT)
        return c;
    *r = ahead;
    return (int)(high * 16 + low);
}

/* Takes charset and language off *r, where both of their apostrophes are there. */
static void skip_label(struct reader *r)
{
    struct reader ahead = *r;
    for (unsigned marks = 0; marks < LABEL_MARKS;) {
        int c = take_octet(&ahead);
        if (c < 0)
            return;
        marks += c == '\'';
    }
    *r = ahead;
}

static struct reader open_piece(const struct parameter_piece *piece)
{
    bool quoted = piece->text.n > 0 && piece->text.p[0] == '"';
    struct reader r = { span_from(piece->text, quoted), quoted, piece->encoded };
    if (piece->labelled)
        skip_label(&r);
    return r;
}

static void write_piece(const struct parameter_piece *piece, struct buf *out)
{
    struct reader r = open_piece(piece);
    for (int c; buf_ok(out) && (c = take_decoded(&r)) >= 0;)
        buf_addc(out, (char)c);
}

/* Takes an asterisk off the end. */
static bool take_asterisk(struct span *s)
{
    bool has = s->n > 0 && s->p[s->n - 1] == '*';
    s->n -= has;
    return has;
}

/* The place of the segment whose number that is; NULL for what is no number, or one too many. */
static struct parameter_piece *segment_of(struct parameter *p, struct span number)
{
    uint64_t index;
    bool padded = number.n > 1 && number.p[0] == '0';
    if (padded || !span_number(number, &index) || index >= PARAMETER_SEGMENTS_MAX)
        return NULL;
    return &p->segment[index];
}

/* The place of what stands behind the name: nothing, `*`, `*1` or `*1*`; NULL for any other. */
static struct parameter_piece *piece_of(struct parameter *p, struct span suffix, bool *encoded)
{
    *encoded = take_asterisk(&suffix);
    if (suffix.n == 0)
        return *encoded ? &p->extended : &p->plain;
    return suffix.p[0] == '*' ? segment_of(p, span_from(suffix, 1)) : NULL;
}

void parameter_init(struct parameter *p, struct span name)
{
    *p = (struct parameter){ .name = name };
}

void parameter_add(struct parameter *p, struct span attribute, struct span value)
{
    bool encoded = false;
    if (!span_istarts(attribute, p->name))
        return;
    struct parameter_piece *piece = piece_of(p, span_from(attribute, p->name.n), &encoded);
    /* Told once, of the new one: to look at the old one again for each that is the same would take
     * the time of both multiplied. */
    if (!piece || piece->filled)
        return;
    bool first = piece == &p->extended || piece == &p->segment[0];
    *piece = (struct parameter_piece){ value, encoded, encoded && first, false };
    struct reader r = open_piece(piece);
    piece->filled = take_decoded(&r) >= 0;
}

/* The segments that belong together: up to the first that is missing. */
static size_t count_segments(const struct parameter *p)
{
    size_t n = 0;
    while (n < PARAMETER_SEGMENTS_MAX && span_present(p->segment[n].text))
        n++;
    return n;
}

bool parameter_present(const struct parameter *p)
{
    bool filled = p->plain.filled || p->extended.filled;
    for (size_t i = 0, n = count_segments(p); i < n && !filled; i++)
        filled = p->segment[i].filled;
    return filled;
}

/*
 * RFC 2231 does not say which form counts where a field has several. Python's email and Dovecot
 * take no segments where they have the whole; of the other two Python takes the plain one and
 * Dovecot the first. The plain one is also what a reader takes that knows nothing of RFC 2231, so
 * that most readers cut the message where we do. (RFC 6266 has it the other way round, for HTTP.)
 */
void parameter_write(const struct parameter *p, struct buf *out)
{
    if (p->plain.filled) {
        write_piece(&p->plain, out);
    } else if (p->extended.filled) {
        write_piece(&p->extended, out);
    } else {
        for (size_t i = 0, n = count_segments(p); i < n && buf_ok(out); i++)
            write_piece(&p->segment[i], out);
    }
}
