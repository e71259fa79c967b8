#include "core/fields.h"

#include "core/line.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Octets of the name that the line begins with, 0 where it begins no field. */
static size_t name_length(struct span line)
{
    size_t n = 0;
    while (n < line.n && n <= FIELD_NAME_MAX && line.p[n] > ' ' && line.p[n] < '\x7f' &&
           line.p[n] != ':')
        n++;
    size_t colon = n;
    while (colon < line.n && colon <= FIELD_NAME_MAX && is_blank(line.p[colon]))
        colon++;
    bool ends = n <= FIELD_NAME_MAX && colon < line.n && line.p[colon] == ':';
    return ends ? n : 0;
}

bool field_begins(struct span line)
{
    return name_length(line) > 0;
}

/* A CR alone, with this behind it, ends a line. */
static bool is_next_line(struct span text)
{
    return text.n == 0 || is_blank(text.p[0]) || line_end_length(text) > 0 || field_begins(text);
}

static bool ends_here(struct span text)
{
    size_t n = line_end_length(text);
    return n > 1 || (n == 1 && (text.p[0] == '\n' || is_next_line(span_from(text, 1))));
}

/* Up to what may end the line. */
static size_t octets_of_line(struct span text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r')
        n++;
    return n;
}

struct span field_line_take(struct span *rest)
{
    size_t n = octets_of_line(*rest);
    while (n > 0 && n < rest->n && !ends_here(span_from(*rest, n))) {
        n++; /* a CR that the value holds */
        n += octets_of_line(span_from(*rest, n));
    }
    struct span line = { rest->p, n };
    *rest = span_from(*rest, n);
    *rest = span_from(*rest, line_end_length(*rest));
    return line;
}

bool field_take(struct span *rest, struct field *out)
{
    struct span ahead = *rest;
    struct span line = field_line_take(&ahead);
    size_t name = name_length(line);
    if (name == 0) {
        if (line.n == 0)
            *rest = ahead;
        return false;
    }
    size_t colon = span_find(line, ':');
    out->name = (struct span){ line.p, name };
    out->value = span_from(line, colon + 1);
    while (ahead.n > 0 && is_blank(ahead.p[0])) {
        line = field_line_take(&ahead);
        out->value = span_between(out->value.p, line.p + line.n);
    }
    *rest = ahead;
    return true;
}
