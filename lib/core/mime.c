#include "core/mime.h"

#include <string.h>

#include "core/fields.h"
#include "core/line.h"

/* A multipart under way: a line of two hyphens and the boundary ends what stands in it. */
struct level {
    size_t part;
    char boundary[MIME_BOUNDARY_MAX + 1];
    size_t length;
};

struct walk {
    struct mime *out;
    struct level level[MIME_DEPTH_MAX];
    size_t levels;
    size_t current;    /* the innermost part whose end is still to come */
    bool in_header;    /* of the current part */
    struct span rest;  /* lines still to come */
    const char *start; /* of the line under way */
    const char *end;   /* of the line before, without its line end */
};

static void default_type(const struct mime *m, struct mime_part *p)
{
    bool digest =
        p->parent != MIME_NO_PARENT && mime_part_is(&m->part[p->parent], "multipart", "digest");
    if (digest)
        content_type_parse(SPAN_LIT("message/rfc822"), &p->type);
    else
        content_type_parse(SPAN_LIT("text/plain"), &p->type);
}

/* The first field of each name counts. */
static void read_header(const struct mime *m, struct mime_part *p)
{
    struct span rest = p->header;
    struct field f;
    bool typed = false, encoded = false;
    default_type(m, p);
    while (!(typed && encoded) && field_take(&rest, &f)) {
        if (!typed && span_ieq(f.name, SPAN_LIT("Content-Type"))) {
            struct content_type type;
            content_type_parse(f.value, &type);
            if (span_present(type.type))
                p->type = type;
            typed = true;
        } else if (!encoded && span_ieq(f.name, SPAN_LIT("Content-Transfer-Encoding"))) {
            p->encoding = transfer_parse(f.value);
            encoded = true;
        }
    }
}

/* Makes a level of a multipart that has a boundary. */
static void enter(struct walk *w, size_t part)
{
    const struct mime_part *p = &w->out->part[part];
    struct buf boundary;
    if (!mime_part_is(p, "multipart", NULL))
        return;
    buf_init(&boundary, MIME_BOUNDARY_MAX);
    bool has = content_type_parameter(&p->type, "boundary", &boundary);
    if (has && w->levels < MIME_DEPTH_MAX) {
        struct level *l = &w->level[w->levels++];
        l->part = part;
        l->length = boundary.n;
        w->out->part[part].open = true;
        memcpy(l->boundary, buf_text(&boundary), boundary.n);
    } else {
        w->out->cut = w->out->cut || has;
    }
    buf_free(&boundary);
}

static void begin_part(struct walk *w, size_t parent)
{
    struct mime_part *p = &w->out->part[w->out->parts];
    *p = (struct mime_part){ .header = { w->rest.p, 0 }, .parent = parent };
    if (parent != MIME_NO_PARENT) {
        p->depth = w->out->part[parent].depth + 1;
        p->open = true;
    }
    w->current = w->out->parts++;
    w->in_header = true;
    w->end = w->rest.p;
}

static void end_header(struct walk *w, const char *end, const char *body)
{
    struct mime_part *p = &w->out->part[w->current];
    p->header = span_between(p->header.p, end);
    p->body = (struct span){ body, 0 };
    w->in_header = false;
    read_header(w->out, p);
    enter(w, w->current);
}

/* The current part and those around it up to, not including, the given one end before the line
 * under way. */
static void end_parts(struct walk *w, size_t outer, bool by_boundary)
{
    if (w->in_header)
        end_header(w, w->start, w->start);
    for (size_t i = w->current; i != outer; i = w->out->part[i].parent) {
        struct mime_part *p = &w->out->part[i];
        const char *end = w->end > p->body.p ? w->end : p->body.p;
        p->body = span_between(p->body.p, end);
        p->open = p->open && !by_boundary;
    }
    w->current = outer;
}

static bool is_boundary(const struct level *l, struct span line, bool *closes)
{
    while (line.n > 2 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
        line.n--;
    struct span text = span_from(line, 2);
    struct span boundary = { l->boundary, l->length };
    struct span tail = span_from(text, l->length);
    *closes = span_eq(tail, SPAN_LIT("--"));
    text.n -= tail.n;
    return span_eq(text, boundary) && (tail.n == 0 || *closes);
}

/* The innermost level whose boundary the line is; the number of levels where it is none. */
static size_t level_of(const struct walk *w, struct span line, bool *closes)
{
    if (line.n < 2 || line.p[0] != '-' || line.p[1] != '-')
        return w->levels;
    for (size_t i = w->levels; i > 0; i--)
        if (is_boundary(&w->level[i - 1], line, closes))
            return i - 1;
    return w->levels;
}

/* False when there is no room for the part that begins. */
static bool take_boundary(struct walk *w, size_t level, bool closes)
{
    size_t multipart = w->level[level].part;
    if (!closes && w->out->parts == MIME_PARTS_MAX)
        return false;
    end_parts(w, multipart, true);
    w->levels = level + !closes;
    if (closes) {
        w->out->part[multipart].open = false;
        return true;
    }
    begin_part(w, multipart);
    return true;
}

/* False where the line is no part of the header, which has ended without an empty line. */
static bool take_header_line(struct walk *w, struct span line)
{
    bool folded = line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t') &&
                  w->start != w->out->part[w->current].header.p;
    bool belongs = line.n == 0 || folded || field_begins(line);
    if (line.n == 0)
        end_header(w, w->start, w->rest.p);
    else if (!belongs)
        end_header(w, w->start, w->start);
    return belongs;
}

/* The next line; false at the end of the text, or where the parts are too many. */
static bool take_line(struct walk *w)
{
    bool closes = false;
    if (w->rest.n == 0)
        return false;
    w->start = w->rest.p;
    struct span line = w->in_header ? field_line_take(&w->rest) : line_take(&w->rest);
    size_t level = level_of(w, line, &closes);
    bool ends = level < w->levels;
    if (!ends && w->in_header && !take_header_line(w, line)) {
        level = level_of(w, line, &closes); /* of the multipart whose header that was */
        ends = level < w->levels;
    }
    if (ends) {
        if (!take_boundary(w, level, closes)) {
            w->out->cut = true;
            return false;
        }
        return true;
    }
    w->end = line.p + line.n;
    return true;
}

void mime_parse(struct span message, struct mime *out)
{
    static const char nothing[] = "";
    if (!span_present(message))
        message = (struct span){ nothing, 0 };
    struct walk w = { .out = out, .rest = message, .start = message.p, .end = message.p };
    out->parts = 0;
    out->cut = false;
    begin_part(&w, MIME_NO_PARENT);
    while (take_line(&w))
        ;
    /* What is open ends with the text, its last line end included. */
    w.start = w.end = message.p + message.n;
    end_parts(&w, MIME_NO_PARENT, false);
}

bool mime_part_is(const struct mime_part *p, const char *type, const char *subtype)
{
    return content_type_is(&p->type, type, subtype);
}
