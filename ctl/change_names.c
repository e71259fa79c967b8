#include "ctl/change_names.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/stored.h"

#define KEY_MAX (RECORD_KEY_MAX + 1)

static bool write_key(struct buf *key, enum record_kind kind, struct span name)
{
    buf_init(key, KEY_MAX);
    buf_addf(key, "%s:", stored_kind_name(kind));
    buf_add(key, name);
    return buf_ok(key);
}

struct change_name *change_names_find(const struct change_names *n, enum record_kind kind,
                                      struct span name)
{
    struct change_name *found = NULL;
    struct buf key;
    if (write_key(&key, kind, name))
        HASH_FIND(hh, n->by_key, key.p, key.n, found);
    buf_free(&key);
    return found;
}

static struct change_name *add(struct change_names *n, char *key)
{
    struct change_name *made = key ? calloc(1, sizeof(*made)) : NULL;
    if (made) {
        made->key = key;
        HASH_ADD_KEYPTR(hh, n->by_key, made->key, strlen(made->key), made);
        if (made->hh.tbl)
            return made;
    }
    free(made);
    free(key);
    return NULL;
}

struct change_name *change_names_get(struct change_names *n, enum record_kind kind,
                                     struct span name)
{
    struct buf key;
    struct change_name *found = change_names_find(n, kind, name);
    if (found)
        return found;
    if (write_key(&key, kind, name))
        found = add(n, buf_take(&key));
    buf_free(&key);
    return found;
}

/* The first that comes is remembered, as an example. */
static bool keep(char **where, struct span name)
{
    if (!*where)
        *where = strndup(name.n ? name.p : "", name.n);
    return *where;
}

bool change_names_alias(struct change_names *n, struct span address, struct span target)
{
    struct change_name *to = change_names_get(n, RECORD_USER, target);
    return to && keep(&to->alias, address);
}

bool change_names_member(struct change_names *n, struct span user, struct span group)
{
    struct change_name *to = change_names_get(n, RECORD_GROUP, group);
    if (!to)
        return false;
    to->users++;
    return keep(&to->user, user);
}

void change_names_free(struct change_names *n)
{
    struct change_name *c = n->by_key;
    HASH_CLEAR(hh, n->by_key);
    while (c) {
        struct change_name *next = c->hh.next;
        free(c->key);
        free(c->alias);
        free(c->user);
        free(c);
        c = next;
    }
}
