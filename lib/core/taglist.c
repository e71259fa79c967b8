#include "core/taglist.h"

size_t taglist_strip(struct span text, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            out[n++] = c;
    }
    return n;
}

static bool is_name(struct span s)
{
    if (s.n == 0 || !ascii_is_letter(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!ascii_is_letter(s.p[i]) && !ascii_is_digit(s.p[i]) && s.p[i] != '_')
            return false;
    return true;
}

static bool is_printable(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return true;
}

static bool has_name(const struct taglist *l, struct span name)
{
    for (size_t i = 0; i < l->tags; i++)
        if (span_eq(l->tag[i].name, name))
            return true;
    return false;
}

static enum result add_tag(struct span text, struct taglist *l)
{
    size_t equals = span_find(text, '=');
    struct tag tag = { { text.p, equals }, span_from(text, equals + 1) };

    if (equals == text.n || !is_name(tag.name) || !is_printable(tag.value))
        return RESULT_SYNTAX;
    if (l->tags == TAGLIST_TAGS_MAX)
        return RESULT_LIMIT;
    if (has_name(l, tag.name))
        return RESULT_SYNTAX;
    l->tag[l->tags++] = tag;
    return RESULT_OK;
}

enum result taglist_parse(struct span text, struct taglist *out)
{
    struct taglist list = { .tags = 0 };
    struct span item;

    if (text.n == 0)
        return RESULT_SYNTAX;
    if (text.p[text.n - 1] == ';')
        text.n--;
    while (span_split(&text, ';', &item)) {
        enum result r = add_tag(item, &list);
        if (r != RESULT_OK)
            return r;
    }
    *out = list;
    return RESULT_OK;
}

struct span taglist_get(const struct taglist *l, const char *name)
{
    for (size_t i = 0; i < l->tags; i++)
        if (span_eq(l->tag[i].name, span_of(name)))
            return l->tag[i].value;
    return SPAN_ABSENT;
}
