#include "engine/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERDICT_FIRST_ROOM 8

void reply_set(struct reply *r, int code, const char *status, struct span text)
{
    r->code = code;
    snprintf(r->status, sizeof(r->status), "%s", status);
    size_t n = text.n < REPLY_TEXT_MAX ? text.n : REPLY_TEXT_MAX;
    for (size_t i = 0; i < n; i++)
        r->text[i] = text.p[i] >= ' ' && text.p[i] <= '~' ? text.p[i] : '?';
    r->text[n] = '\0';
}

static bool verdict_grow(struct verdict *v)
{
    if (v->edits < v->room)
        return true;
    size_t room = v->room ? v->room * 2 : VERDICT_FIRST_ROOM;
    struct edit *edit = realloc(v->edit, room * sizeof(*edit));
    if (!edit)
        return false;
    v->edit = edit;
    v->room = room;
    return true;
}

/* False only without memory; an absent text is NULL. */
static bool copy_text(struct span text, char **out)
{
    *out = span_present(text) ? strndup(text.p, text.n) : NULL;
    return *out || !span_present(text);
}

void verdict_add(struct verdict *v, enum edit_kind kind, struct span name, struct span value,
                 unsigned index)
{
    struct edit e = { .kind = kind, .index = index };
    if (copy_text(name, &e.name) && copy_text(value, &e.value) && verdict_grow(v)) {
        v->edit[v->edits++] = e;
        return;
    }
    free(e.name);
    free(e.value);
    v->failed = true;
}

void verdict_free(struct verdict *v)
{
    for (size_t i = 0; i < v->edits; i++) {
        free(v->edit[i].name);
        free(v->edit[i].value);
    }
    free(v->edit);
    *v = (struct verdict){ 0 };
}
