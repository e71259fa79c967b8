#include "ctl/event_query.h"

#include <fnmatch.h>
#include <string.h>
#include <time.h>

#include "core/decision.h"
#include "ctl/since.h"

#define MS_PER_S 1000
#define ACTIONS (ACTION_LOOP_MAILBOX + 1)

static void take_since(struct event_query *q, const char *arg, const struct argp_state *state)
{
    if (!since_parse(arg, (int64_t)time(NULL) * MS_PER_S, &q->since_ms))
        argp_error(state, "--since is " SINCE_FORMS ", not '%s'", arg);
}

static void take_limit(struct event_query *q, const char *arg, const struct argp_state *state)
{
    uint64_t n;
    if (!span_number(span_of(arg), &n) || n == 0 || n > EVENT_LIMIT_MAX)
        argp_error(state, "--limit is a number from 1 to %d, not '%s'", EVENT_LIMIT_MAX, arg);
    q->limit = (size_t)n;
}

static void take_reason(struct event_query *q, const char *arg, const struct argp_state *state)
{
    q->reason = arg;
    for (int i = 0; i < REASON_COUNT; i++)
        if (strcmp(arg, reason_name((enum reason)i)) == 0)
            return;
    argp_error(state, "there is no reason '%s'", arg);
}

static void take_action(struct event_query *q, const char *arg, const struct argp_state *state)
{
    q->action = arg;
    for (int i = 0; i < ACTIONS; i++)
        if (strcmp(arg, action_name((enum action)i)) == 0)
            return;
    argp_error(state, "there is no action '%s'", arg);
}

error_t event_query_parse(struct event_query *q, int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case 'f':
        q->follow = true;
        return 0;
    case EVENT_QUERY_RCPT:
        q->rcpt = arg;
        return 0;
    case EVENT_QUERY_NODE:
        q->node = arg;
        return 0;
    case EVENT_QUERY_REASON:
        take_reason(q, arg, state);
        return 0;
    case EVENT_QUERY_ACTION:
        take_action(q, arg, state);
        return 0;
    case EVENT_QUERY_SINCE:
        take_since(q, arg, state);
        return 0;
    case EVENT_QUERY_LIMIT:
        take_limit(q, arg, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool matches(const char *pattern, struct span value)
{
    char text[EVENT_VALUE_MAX + 1];
    if (!span_present(value) || value.n > EVENT_VALUE_MAX)
        return false;
    memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    return fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

bool event_query_takes(const struct event_query *q, const struct event *e)
{
    return (!q->rcpt || matches(q->rcpt, event_get(e, "rcpt"))) &&
           (!q->reason || event_is(e, "reason", q->reason)) &&
           (!q->action || event_is(e, "action", q->action)) &&
           (!q->node || event_is(e, "node", q->node));
}

struct event_id event_query_first(const struct event_query *q)
{
    return (struct event_id){ (uint64_t)q->since_ms, 0 };
}

struct event_id event_query_before(const struct event_query *q)
{
    if (q->since_ms == 0)
        return (struct event_id){ 0, 0 };
    return (struct event_id){ (uint64_t)q->since_ms - 1, UINT64_MAX };
}
