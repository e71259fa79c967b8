#ifndef COEXIST_CTL_EVENT_QUERY_H
#define COEXIST_CTL_EVENT_QUERY_H

#include <argp.h>

#include "ctl/event.h"

/* Which events a command is asked for, by the options that such commands have in common. */

#define EVENT_LIMIT_MAX 100000

struct event_query {
    const char *rcpt; /* a pattern of fnmatch(3), case set aside; NULL: any, as for those below */
    const char *reason;
    const char *action;
    const char *node;
    int64_t since_ms; /* 0: from the beginning */
    size_t limit;     /* 0: the command's own */
    bool follow;
};

enum {
    EVENT_QUERY_RCPT = 0x200,
    EVENT_QUERY_REASON,
    EVENT_QUERY_ACTION,
    EVENT_QUERY_NODE,
    EVENT_QUERY_SINCE,
    EVENT_QUERY_LIMIT
};

/* For a command's options; those of the first only where they make sense there. */
#define EVENT_QUERY_FILTERS                                                                        \
    { "rcpt", EVENT_QUERY_RCPT, "PATTERN", 0, "of recipients that match, as *@example.com", 0 },   \
        { "reason", EVENT_QUERY_REASON, "REASON", 0, "with this reason", 0 },                      \
        { "action", EVENT_QUERY_ACTION, "ACTION", 0, "with this action", 0 },                      \
    {                                                                                              \
        "node", EVENT_QUERY_NODE, "NODE", 0, "of this node", 0                                     \
    }
#define EVENT_QUERY_FOLLOW                                                                         \
    {                                                                                              \
        "follow", 'f', NULL, 0, "go on, and print each as it comes", 0                             \
    }
#define EVENT_QUERY_SPAN                                                                           \
    { "since",                                                                                     \
      EVENT_QUERY_SINCE,                                                                           \
      "WHEN",                                                                                      \
      0,                                                                                           \
      "from then on: 90s, 30m, 2h, 3d or 1w ago, or a moment in UTC as 2026-01-31 or "             \
      "2026-01-31T12:00",                                                                          \
      0 },                                                                                         \
    {                                                                                              \
        "limit", EVENT_QUERY_LIMIT, "N", 0, "no more than so many", 0                              \
    }

/* Takes one of these options; ARGP_ERR_UNKNOWN for another key. Words and numbers that are none end
 * the process as argp does. */
error_t event_query_parse(struct event_query *q, int key, char *arg, struct argp_state *state);

/* Its filters let the event through. */
bool event_query_takes(const struct event_query *q, const struct event *e);

/* The least name of an entry that may belong to it. */
struct event_id event_query_first(const struct event_query *q);

/* The greatest name before that: for stream_forward(). */
struct event_id event_query_before(const struct event_query *q);

#endif
