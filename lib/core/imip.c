#include "core/imip.h"

#include <string.h>

#include "core/fields.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span without_blanks(struct span line)
{
    while (line.n > 0 && is_blank(line.p[line.n - 1]))
        line.n--;
    return line;
}

/* Reads the boundary of a multipart; one that is too long is none. */
static void set_boundary(struct imip *m, const struct content_type *type)
{
    struct buf text;
    buf_init(&text, MIME_BOUNDARY_MAX);
    if (content_type_parameter(type, "boundary", &text)) {
        m->boundary.n = text.n;
        memcpy(m->boundary.text, buf_text(&text), text.n);
    }
    buf_free(&text);
}

static void set_type(struct imip *m, struct span value)
{
    struct content_type type;
    m->typed = true;
    content_type_parse(value, &type);
    m->is_calendar = content_type_is(&type, "text", "calendar");
    if (m->is_calendar && content_type_has(&type, "method"))
        m->verdict = IMIP_YES;
    else if (content_type_is(&type, "multipart", NULL))
        set_boundary(m, &type);
}

static void begin_header(struct imip *m)
{
    m->place = IMIP_IN_HEADER;
    m->typed = m->encoded = m->is_calendar = false;
    m->encoding = TRANSFER_PLAIN;
    m->boundary.n = 0;
    m->in_field = 0;
}

/* Of each name the first field counts. */
static void end_field(struct imip *m)
{
    struct span rest = { m->field, m->in_field };
    struct field f;
    while (field_take(&rest, &f)) {
        if (!m->typed && span_ieq(f.name, SPAN_LIT("Content-Type"))) {
            set_type(m, f.value);
        } else if (!m->encoded && span_ieq(f.name, SPAN_LIT("Content-Transfer-Encoding"))) {
            m->encoding = transfer_parse(f.value);
            m->encoded = true;
        }
    }
    m->in_field = 0;
}

static void enter_body(struct imip *m)
{
    m->place = IMIP_IN_OTHER;
    if (m->is_calendar) {
        m->place = IMIP_IN_CALENDAR;
        decoder_init(&m->decoder, m->encoding);
        calendar_init(&m->calendar);
    } else if (m->boundary.n > 0 && m->levels < MIME_DEPTH_MAX) {
        m->level[m->levels++] = m->boundary;
    }
}

static void end_header(struct imip *m)
{
    end_field(m);
    enter_body(m);
}

enum imip_verdict imip_begin(struct imip *m, struct span content_type, enum transfer encoding)
{
    m->verdict = IMIP_OPEN;
    m->levels = 0;
    m->in_line = 0;
    m->passed_on = false;
    begin_header(m);
    set_type(m, content_type);
    m->encoding = encoding;
    enter_body(m);
    if (m->verdict == IMIP_OPEN && m->levels == 0 && m->place == IMIP_IN_OTHER)
        m->verdict = IMIP_NO;
    return m->verdict;
}

bool imip_needs_body(struct span content_type)
{
    struct content_type type;
    content_type_parse(content_type, &type);
    if (content_type_is(&type, "multipart", NULL))
        return content_type_has(&type, "boundary");
    return content_type_is(&type, "text", "calendar") && !content_type_has(&type, "method");
}

static bool is_boundary(const struct imip_boundary *b, struct span line, bool *closes)
{
    struct span text = span_from(without_blanks(line), 2);
    struct span tail = span_from(text, b->n);
    *closes = span_eq(tail, SPAN_LIT("--"));
    text.n -= tail.n;
    return span_eq(text, (struct span){ b->text, b->n }) && (tail.n == 0 || *closes);
}

/* The innermost multipart whose boundary the line is; the number of them where it is none. */
static size_t level_of(const struct imip *m, struct span line, bool *closes)
{
    if (line.n < 2 || line.p[0] != '-' || line.p[1] != '-')
        return m->levels;
    for (size_t i = m->levels; i > 0; i--)
        if (is_boundary(&m->level[i - 1], line, closes))
            return i - 1;
    return m->levels;
}

static void take_boundary(struct imip *m, size_t level, bool closes)
{
    if (m->place == IMIP_IN_HEADER)
        end_header(m);
    m->levels = level + !closes;
    m->place = IMIP_IN_OTHER;
    if (!closes)
        begin_header(m);
    else if (level == 0 && m->verdict == IMIP_OPEN)
        m->verdict = IMIP_NO;
}

/* What stands in the body of a part. */
static void take_content(struct imip *m, struct span text)
{
    char out[DECODER_OUT_MAX];
    if (m->place != IMIP_IN_CALENDAR)
        return;
    for (size_t i = 0; i < text.n && !m->calendar.has_method; i++) {
        size_t n = decoder_take(&m->decoder, text.p[i], out);
        for (size_t k = 0; k < n; k++)
            calendar_take(&m->calendar, out[k]);
    }
    if (m->calendar.has_method)
        m->verdict = IMIP_YES;
}

static void add_to_field(struct imip *m, struct span text)
{
    size_t room = IMIP_FIELD_MAX - m->in_field;
    size_t n = text.n < room ? text.n : room;
    memcpy(m->field + m->in_field, text.p, n);
    m->in_field += n;
}

/* False where the line is no part of the header, which has ended without an empty line. */
static bool take_header_line(struct imip *m, struct span line)
{
    struct span text = line;
    while (text.n > 0 && text.p[text.n - 1] == '\r')
        text.n--;
    bool goes_on = m->in_field > 0 && text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t');
    if (!goes_on && !field_begins(text)) {
        end_header(m);
        return text.n == 0;
    }
    if (!goes_on)
        end_field(m);
    add_to_field(m, text);
    add_to_field(m, SPAN_LIT("\n"));
    return true;
}

/* A line that was held, without its end. */
static void take_line(struct imip *m, struct span line, struct span line_end)
{
    bool closes = false;
    bool in_header = m->place == IMIP_IN_HEADER;
    size_t level = level_of(m, line, &closes);
    if (level < m->levels) {
        take_boundary(m, level, closes);
    } else if (!in_header) {
        take_content(m, line);
        take_content(m, line_end);
    } else if (!take_header_line(m, line)) {
        take_line(m, line, line_end);
    }
}

/* The line that is held is no boundary after all. */
static void pass_on(struct imip *m)
{
    m->passed_on = true;
    take_content(m, (struct span){ m->line, m->in_line });
}

/* Holds as much of the piece of a line as it may, and returns the rest of it. */
static struct span hold(struct imip *m, struct span piece)
{
    size_t room = IMIP_LINE_MAX - m->in_line;
    size_t n = piece.n < room ? piece.n : room;
    memcpy(m->line + m->in_line, piece.p, n);
    m->in_line += n;
    piece = span_from(piece, n);
    /* So much behind a boundary can only be blank. */
    while (m->in_line == IMIP_LINE_MAX && piece.n > 0 && is_blank(piece.p[0]))
        piece = span_from(piece, 1);
    return piece;
}

static bool may_be_boundary(const struct imip *m)
{
    return m->levels > 0 && strncmp(m->line, "--", m->in_line < 2 ? m->in_line : 2) == 0;
}

/* A piece of a line, without its end. */
static void take_piece(struct imip *m, struct span piece)
{
    if (m->passed_on) {
        take_content(m, piece);
        return;
    }
    struct span rest = hold(m, piece);
    if (m->place == IMIP_IN_HEADER || (rest.n == 0 && may_be_boundary(m)))
        return;
    pass_on(m);
    take_content(m, rest);
}

static void take_line_end(struct imip *m)
{
    if (m->passed_on)
        take_content(m, SPAN_LIT("\n"));
    else
        take_line(m, (struct span){ m->line, m->in_line }, SPAN_LIT("\n"));
    m->passed_on = false;
    m->in_line = 0;
}

enum imip_verdict imip_take(struct imip *m, struct span piece)
{
    while (piece.n > 0 && m->verdict == IMIP_OPEN) {
        const char *end = memchr(piece.p, '\n', piece.n);
        size_t n = end ? (size_t)(end - piece.p) : piece.n;
        if (n > 0)
            take_piece(m, (struct span){ piece.p, n });
        if (end && m->verdict == IMIP_OPEN)
            take_line_end(m);
        piece = span_from(piece, end ? n + 1 : n);
    }
    return m->verdict;
}

enum imip_verdict imip_end(struct imip *m)
{
    if (m->verdict == IMIP_OPEN && !m->passed_on && m->in_line > 0)
        take_line(m, (struct span){ m->line, m->in_line }, SPAN_LIT(""));
    if (m->verdict == IMIP_OPEN && m->place == IMIP_IN_HEADER)
        end_header(m);
    if (m->verdict == IMIP_OPEN)
        m->verdict = IMIP_NO;
    return m->verdict;
}
