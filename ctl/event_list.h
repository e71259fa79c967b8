#ifndef COEXIST_CTL_EVENT_LIST_H
#define COEXIST_CTL_EVENT_LIST_H

#include "ctl/event.h"

/* Events that outlive the reply that they came with. */
struct event_list {
    struct event **at;
    size_t n;
    size_t room;
};

/* Adds a copy. False without memory. */
bool event_list_add(struct event_list *l, const struct event *e);

/* Into the order in which they happened: by the nodes' own clocks, which an outage of Redis does
 * not delay; where these say the same, by the order of the stream. */
void event_list_sort(struct event_list *l);

/* A list of event_json(). NULL without memory. */
json_t *event_list_json(const struct event_list *l);

void event_list_free(struct event_list *l);

#endif
