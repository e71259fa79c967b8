#include "ctl/names.h"

#include <stdlib.h>
#include <string.h>

/* uthash calls exit() without memory unless told otherwise. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define FIRST_ROOM 16

struct name {
    size_t number;
    size_t length;
    UT_hash_handle hh;
    char text[];
};

static bool grow(struct names *n)
{
    if (n->names < n->room)
        return true;
    size_t room = n->room ? n->room * 2 : FIRST_ROOM;
    struct name **name = realloc(n->name, room * sizeof(struct name *));
    if (!name)
        return false;
    n->name = name;
    n->room = room;
    return true;
}

static struct name *add(struct names *n, struct span text)
{
    struct name *made = grow(n) ? calloc(1, sizeof(*made) + text.n + 1) : NULL;
    if (!made)
        return NULL;
    memcpy(made->text, text.p, text.n);
    made->length = text.n;
    made->number = n->names;
    HASH_ADD(hh, n->by_text, text, text.n, made);
    if (!made->hh.tbl) {
        free(made);
        return NULL;
    }
    n->name[n->names++] = made;
    return made;
}

size_t names_put(struct names *n, struct span text)
{
    struct name *found = NULL;
    if (!span_present(text))
        text = SPAN_LIT("");
    HASH_FIND(hh, n->by_text, text.p, text.n, found);
    if (!found)
        found = add(n, text);
    return found ? found->number : NAMES_NONE;
}

const char *names_text(const struct names *n, size_t number)
{
    return n->name[number]->text;
}

void names_free(struct names *n)
{
    HASH_CLEAR(hh, n->by_text);
    for (size_t i = 0; i < n->names; i++)
        free(n->name[i]);
    free(n->name);
    *n = (struct names){ 0 };
}
