#include "ctl/reason_text.h"

#include "base/count.h"

static const char *const reasons[] = {
    [REASON_HOME_HERE] = "its record says that it lives here",
    [REASON_HOME_PEER] = "its record says that it lives on the other system",
    [REASON_DUAL] = "it lives on both systems",
    [REASON_MOVING] = "it is being moved",
    [REASON_DEFAULT] = "no record of its own; the domain's default says where",
    [REASON_SPLIT_HORIZON] = "it lives on both systems, and the other one has it already",
    [REASON_AUTHORITY] = "no record; the peer, who is the authority, has handed it over",
    [REASON_CONFLICT] = "the peer hands over what by its record lives at the peer",
    [REASON_BAD_RECORD] = "a record that bears on it is not valid",
    [REASON_NO_ROUTE] = "it lives on the other system, and no address for it there is known",
    [REASON_STATE_DOWN] = "the state could not be asked, and nothing is remembered of it",
    [REASON_NOT_OURS] = "its domain is not in the configuration",
    [REASON_UNKNOWN_USER] = "there is no such user",
    [REASON_CALENDAR] = "an invitation goes to one of the two systems only",
    [REASON_LOOP] = "the message was here before for it and has come back",
    [REASON_HOPS] = "the message has passed too many hosts",
    [REASON_BREAKER] = "its mail has looped too often of late",
    [REASON_SETTLING] = "it has been flipped, and its mail might still go the old way",
};
_Static_assert(COUNT_OF(reasons) == REASON_COUNT, "a text for each reason");

static const char *const actions[] = {
    [ACTION_LEAVE] = "left alone",
    [ACTION_HERE] = "delivered here",
    [ACTION_DIVERT] = "sent to the peer",
    [ACTION_BOTH] = "delivered here, and a copy sent to the peer",
    [ACTION_DEFER] = "deferred",
    [ACTION_REJECT] = "rejected",
    [ACTION_HOLD] = "put on hold",
    [ACTION_LOOP_MAILBOX] = "put aside to the loop mailbox",
};

const char *reason_text(enum reason r)
{
    return (size_t)r < COUNT_OF(reasons) ? reasons[r] : NULL;
}

const char *action_text(enum action a)
{
    return (size_t)a < COUNT_OF(actions) ? actions[a] : NULL;
}

const char *reason_text_of(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (span_eq(name, span_of(reason_name((enum reason)i))))
            return reasons[i];
    return NULL;
}

const char *action_text_of(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (span_eq(name, span_of(action_name((enum action)i))))
            return actions[i];
    return NULL;
}
