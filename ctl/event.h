#ifndef COEXIST_CTL_EVENT_H
#define COEXIST_CTL_EVENT_H

#include <jansson.h>

#include "base/span.h"
#include "state/redis_reply.h"

/*
 * One entry of the stream of events: a decision (`event=decide`, fields as engine/report.c writes
 * them), a change of records (`flip`, `set`, `import`, as ctl/change_run.c does), or what anybody
 * else has written there. Nothing of it is taken for granted: a field may be missing, huge, or hold
 * any octets.
 */

/* Further fields are left out, and those whose name is longer or not printable ASCII; a longer
 * value is cut. */
#define EVENT_FIELDS_MAX 64
#define EVENT_NAME_MAX 64    /* octets */
#define EVENT_VALUE_MAX 1024 /* octets */
#define EVENT_TIME_MAX sizeof("9999-12-31 23:59:59.999")

/* The name of an entry: the milliseconds of Redis's clock, and a number among those of one. */
struct event_id {
    uint64_t ms;
    uint64_t seq;
};

struct event {
    struct event_id id;
    int64_t ms; /* when it happened, since 1970 UTC: by the node that tells it, else by the id */
    struct event_field {
        struct span name;
        struct span value;
    } field[EVENT_FIELDS_MAX];
    size_t fields;
};

/* Reads an entry as XRANGE answers it. Borrows from the reply. False where it is none. */
bool event_read(const struct redis_reply *entry, struct event *out);

/* A copy that borrows nothing, for free(). NULL without memory. */
struct event *event_copy(const struct event *e);

/* The first field of that name; absent where there is none. */
struct span event_get(const struct event *e, const char *name);

/* There is such a field, with exactly that value. */
bool event_is(const struct event *e, const char *name, const char *value);

/* The kind of event, by its field `event`: a decision about a recipient, or a record that was
 * written. */
bool event_is_decision(const struct event *e);
bool event_is_change(const struct event *e);

/* A decision that a loop was proven or suspected for, or with the reason conflict, loop, hops or
 * breaker; and one that was made for that reason. */
bool event_is_trouble(const struct event *e);
bool event_is_acted_on(const struct event *e);

/* `MS-SEQ`, and back; false for anything else. */
bool event_id_parse(struct span text, struct event_id *out);
int event_id_compare(struct event_id a, struct event_id b);

/* `2026-01-31 12:00:00.123`, UTC; "?" for a time outside the years 1 to 9999. Returns out. */
const char *event_time(int64_t ms, char out[EVENT_TIME_MAX]);

/* The same by RFC 3339, as a string; null outside those years. */
json_t *event_time_json(int64_t ms);

/* All of it: {"id", "time", and each field as a string; `t` is told as the time}. NULL without
 * memory. */
json_t *event_json(const struct event *e);

#endif
