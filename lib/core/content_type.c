#include "core/content_type.h"

#include "core/header.h"
#include "core/parameter.h"
#include "core/quoted.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span take(struct span *s, size_t n)
{
    struct span head = { s->p, n };
    *s = span_from(*s, n);
    return head;
}

/* Takes CFWS and then the given character off *s. */
static bool take_char(struct span *s, char c)
{
    *s = header_skip_cfws(*s);
    if (s->n == 0 || s->p[0] != c)
        return false;
    take(s, 1);
    return true;
}

/* Takes CFWS and then a run of octets that may stand in a type or an attribute. */
static struct span take_word(struct span *s)
{
    *s = header_skip_cfws(*s);
    size_t n = 0;
    while (n < s->n && !is_blank(s->p[n]) && s->p[n] != '(' && s->p[n] != ';' && s->p[n] != '=' &&
           s->p[n] != '/' && s->p[n] != '"')
        n++;
    return take(s, n);
}

/* Takes CFWS and then the value of a parameter, with its quotes. */
static struct span take_value(struct span *s)
{
    *s = header_skip_cfws(*s);
    if (s->n > 0 && s->p[0] == '"')
        return take(s, quoted_length(*s));
    size_t n = 0;
    while (n < s->n && !is_blank(s->p[n]) && s->p[n] != ';' && s->p[n] != '(')
        n++;
    return take(s, n);
}

/* Takes whatever stands before the next parameter off *s; false when there is none. */
static bool next_parameter(struct span *s)
{
    while (!take_char(s, ';')) {
        if (s->n == 0)
            return false;
        take(s, s->p[0] == '"' ? quoted_length(*s) : 1);
    }
    return true;
}

void content_type_parse(struct span value, struct content_type *out)
{
    struct span s = value;
    *out = (struct content_type){ 0 };
    struct span type = take_word(&s);
    if (type.n == 0 || !take_char(&s, '/'))
        return;
    out->type = type;
    out->subtype = take_word(&s);
    out->parameters = s;
}

bool content_type_is(const struct content_type *t, const char *type, const char *subtype)
{
    return span_present(t->type) && span_ieq(t->type, span_of(type)) &&
           (!subtype || span_ieq(t->subtype, span_of(subtype)));
}

/* Each parameter that the value has of the name, in any form. */
static void collect(const struct content_type *t, const char *name, struct parameter *out)
{
    struct span s = t->parameters;
    parameter_init(out, span_of(name));
    while (next_parameter(&s)) {
        struct span attribute = take_word(&s);
        if (take_char(&s, '='))
            parameter_add(out, attribute, take_value(&s));
    }
}

bool content_type_has(const struct content_type *t, const char *name)
{
    struct parameter p;
    collect(t, name, &p);
    return parameter_present(&p);
}

bool content_type_parameter(const struct content_type *t, const char *name, struct buf *out)
{
    struct parameter p;
    collect(t, name, &p);
    buf_clear(out);
    parameter_write(&p, out);
    return buf_ok(out) && out->n > 0;
}
