#include "ctl/event_list.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

static char *copy_span(char *to, struct span *s)
{
    if (s->n > 0)
        memcpy(to, s->p, s->n);
    s->p = to;
    return to + s->n;
}

/* The event with its texts behind it, in one block. */
static struct event *copy(const struct event *e)
{
    size_t octets = 0;
    for (size_t i = 0; i < e->fields; i++)
        octets += e->field[i].name.n + e->field[i].value.n;
    struct event *made = malloc(sizeof(*made) + octets);
    if (!made)
        return NULL;
    *made = *e;
    char *to = (char *)(made + 1);
    for (size_t i = 0; i < made->fields; i++) {
        to = copy_span(to, &made->field[i].name);
        to = copy_span(to, &made->field[i].value);
    }
    return made;
}

static bool grow(struct event_list *l)
{
    if (l->n < l->room)
        return true;
    size_t room = l->room ? l->room * 2 : FIRST_ROOM;
    struct event **at = realloc(l->at, room * sizeof(struct event *));
    if (!at)
        return false;
    l->at = at;
    l->room = room;
    return true;
}

bool event_list_add(struct event_list *l, const struct event *e)
{
    struct event *made = grow(l) ? copy(e) : NULL;
    if (made)
        l->at[l->n++] = made;
    return made;
}

static int compare(const void *a, const void *b)
{
    const struct event *x = *(struct event *const *)a, *y = *(struct event *const *)b;
    if (x->ms != y->ms)
        return x->ms < y->ms ? -1 : 1;
    return event_id_compare(x->id, y->id);
}

void event_list_sort(struct event_list *l)
{
    if (l->n > 1)
        qsort(l->at, l->n, sizeof(struct event *), compare);
}

json_t *event_list_json(const struct event_list *l)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < l->n; i++)
        if (json_array_append_new(list, event_json(l->at[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

void event_list_free(struct event_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->at[i]);
    free(l->at);
    *l = (struct event_list){ 0 };
}
