#include "ctl/change.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 16

static bool grow(struct changes *c)
{
    if (c->n < c->room)
        return true;
    size_t room = c->room ? c->room * 2 : FIRST_ROOM;
    struct change *at = c->n < CHANGES_MAX ? realloc(c->at, room * sizeof(*at)) : NULL;
    if (!at)
        return false;
    c->at = at;
    c->room = room;
    return true;
}

struct change *changes_add(struct changes *c, enum record_kind kind, struct span name)
{
    char *copy = grow(c) ? strndup(name.n ? name.p : "", name.n) : NULL;
    if (!copy)
        return NULL;
    struct change *added = &c->at[c->n++];
    *added = (struct change){ .kind = kind, .name = copy };
    return added;
}

void changes_free(struct changes *c)
{
    for (size_t i = 0; i < c->n; i++) {
        for (size_t j = 0; j < c->at[i].fields; j++)
            free(c->at[i].field[j].value);
        free(c->at[i].name);
        free(c->at[i].fault);
        free(c->at[i].stranded_one);
    }
    free(c->at);
    *c = (struct changes){ 0 };
}

static struct change_field *find(const struct change *c, const char *field)
{
    for (size_t i = 0; i < c->fields; i++)
        if (strcmp(c->field[i].name, field) == 0)
            return (struct change_field *)&c->field[i];
    return NULL;
}

bool change_set(struct change *c, const char *field, struct span value)
{
    struct change_field *f = find(c, field);
    char *copy = NULL;
    if (!f && c->fields == CHANGE_FIELDS_MAX)
        return false;
    if (span_present(value) && !(copy = strndup(value.p, value.n)))
        return false;
    if (!f) {
        f = &c->field[c->fields++];
        *f = (struct change_field){ .name = field };
    }
    free(f->value);
    f->value = copy;
    return true;
}

bool change_names(const struct change *c, const char *field)
{
    return c->whole || find(c, field);
}

const char *change_value(const struct change *c, const char *field)
{
    const struct change_field *f = find(c, field);
    return f ? f->value : NULL;
}
