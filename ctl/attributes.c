#include "ctl/attributes.h"

#include <stdlib.h>

#define FIRST_ROOM 16

void attributes_init(struct attributes *a)
{
    *a = (struct attributes){ .at = NULL };
    buf_init(&a->text, ATTRIBUTES_TEXT_MAX);
}

void attributes_free(struct attributes *a)
{
    free(a->at);
    buf_free(&a->text);
    attributes_init(a);
}

void attributes_clear(struct attributes *a)
{
    a->n = 0;
    buf_clear(&a->text);
}

static bool grow(struct attributes *a)
{
    if (a->n < a->room)
        return true;
    size_t room = a->room ? a->room * 2 : FIRST_ROOM;
    struct attribute *at = a->n < ATTRIBUTES_MAX ? realloc(a->at, room * sizeof(*at)) : NULL;
    if (!at)
        return false;
    a->at = at;
    a->room = room;
    return true;
}

bool attributes_add(struct attributes *a, struct span name, struct span value, size_t line)
{
    if (!grow(a))
        return false;
    size_t at = a->text.n;
    buf_add(&a->text, name);
    buf_add(&a->text, value);
    if (!buf_ok(&a->text))
        return false;
    a->at[a->n++] = (struct attribute){ at, name.n, at + name.n, value.n, line };
    return true;
}

struct span attributes_name(const struct attributes *a, size_t i)
{
    return (struct span){ buf_text(&a->text) + a->at[i].name, a->at[i].name_octets };
}

struct span attributes_value(const struct attributes *a, size_t i)
{
    return (struct span){ buf_text(&a->text) + a->at[i].value, a->at[i].value_octets };
}

size_t attributes_find(const struct attributes *a, const char *name)
{
    size_t i = 0;
    while (i < a->n && !span_ieq(attributes_name(a, i), span_of(name)))
        i++;
    return i;
}

struct span attributes_get(const struct attributes *a, const char *name)
{
    size_t i = attributes_find(a, name);
    return i < a->n ? attributes_value(a, i) : SPAN_ABSENT;
}

bool attributes_has(const struct attributes *a, const char *name, struct span value)
{
    for (size_t i = 0; i < a->n; i++)
        if (span_ieq(attributes_name(a, i), span_of(name)) &&
            span_ieq(attributes_value(a, i), value))
            return true;
    return false;
}
