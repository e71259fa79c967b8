#include "ctl/event_list.h"

#include <stdlib.h>

#define FIRST_ROOM 64

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
    struct event *made = grow(l) ? event_copy(e) : NULL;
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
