#include "core/decision.h"

#include "base/count.h"

static const char *const action_names[] = { "leave", "here",   "divert", "both",
                                            "defer", "reject", "hold",   "loop-mailbox" };
_Static_assert(COUNT_OF(action_names) == ACTION_COUNT, "a name for each action");

static const char *const reason_names[] = {
    "home-here",    "home-peer", "dual",       "moving",   "default",    "split-horizon",
    "authority",    "conflict",  "bad-record", "no-route", "state-down", "not-ours",
    "unknown-user", "calendar",  "loop",       "hops",     "breaker",    "settling",
};
_Static_assert(COUNT_OF(reason_names) == REASON_COUNT, "a name for each reason");

const char *action_name(enum action a)
{
    return (size_t)a < COUNT_OF(action_names) ? action_names[a] : "?";
}

const char *reason_name(enum reason r)
{
    return (size_t)r < COUNT_OF(reason_names) ? reason_names[r] : "?";
}

bool action_goes_on(enum action a)
{
    return a == ACTION_LEAVE || a == ACTION_HERE || a == ACTION_DIVERT || a == ACTION_BOTH;
}

static struct decision decide(enum action action, enum reason reason)
{
    return (struct decision){ action, reason, action_goes_on(action) ? action : ACTION_HERE,
                              false };
}

/* A message whose bounce would go nowhere, or to a machine that may answer it. */
static bool never_bounced(const struct decision_input *in)
{
    return in->null_sender || in->auto_submitted;
}

/* One recipient cannot be refused when others of the message go on: it takes another way. */
static enum action set_aside(const struct decision_input *in)
{
    return in->has_loop_mailbox ? ACTION_LOOP_MAILBOX : ACTION_HOLD;
}

static struct decision decide_conflict(const struct decision_input *in)
{
    /* A map knows no origin: what lives at the peer it sends there, wherever it comes from. */
    if (in->on_conflict == ON_CONFLICT_DELIVER && !in->maps)
        return decide(ACTION_HERE, REASON_CONFLICT);
    if (!in->alone)
        return decide(set_aside(in), REASON_CONFLICT);
    if (in->on_conflict == ON_CONFLICT_REJECT && !in->stale)
        return decide(never_bounced(in) ? ACTION_HOLD : ACTION_REJECT, REASON_CONFLICT);
    return decide(ACTION_DEFER, REASON_CONFLICT);
}

/* Only the authority may say that a user does not exist, and it never relays an unknown one. Where
 * it cannot be refused alone, this system's own delivery bounces it. What is remembered says
 * nothing of a user who came since. */
static struct decision decide_unknown(const struct decision_input *in)
{
    if (in->stale && in->alone)
        return decide(ACTION_DEFER, REASON_STATE_DOWN);
    return decide(in->alone ? ACTION_REJECT : ACTION_HERE, REASON_UNKNOWN_USER);
}

/* From the peer, a recipient for which no record speaks. */
static struct decision decide_default_from_peer(const struct decision_input *in, enum home home)
{
    if (home != home_of(system_other(in->node)))
        return decide(ACTION_HERE,
                      in->node == SYSTEM_SECONDARY ? REASON_AUTHORITY : REASON_DEFAULT);
    /* The primary is the authority: what it hands over stays, unless the map would send it back.
     * A secondary has no such word. */
    if (in->node == SYSTEM_SECONDARY && !in->maps)
        return decide(ACTION_HERE, REASON_AUTHORITY);
    return decide_conflict(in);
}

static struct decision decide_from_peer(const struct decision_input *in, enum home home)
{
    if (home == HOME_MOVING)
        return decide(ACTION_DEFER, REASON_MOVING);
    if (home == HOME_BOTH)
        return decide(ACTION_HERE, REASON_SPLIT_HORIZON);
    if (in->state == STATE_DEFAULT)
        return decide_default_from_peer(in, home);
    if (home == home_of(in->node))
        return decide(ACTION_HERE, REASON_HOME_HERE);
    return decide_conflict(in);
}

/* A copy of an invitation on each system would book a room twice. */
static struct decision decide_calendar(const struct decision_input *in)
{
    enum home one = in->calendar == HOME_UNSET ? HOME_PRIMARY : in->calendar;
    return decide(one == home_of(in->node) ? ACTION_HERE : ACTION_DIVERT, REASON_CALENDAR);
}

static struct decision decide_from_elsewhere(const struct decision_input *in, enum home home)
{
    bool record = in->state == STATE_RECORD;
    switch (home) {
    case HOME_MOVING:
        return decide(ACTION_DEFER, REASON_MOVING);
    case HOME_BOTH:
        return in->imip ? decide_calendar(in) : decide(ACTION_BOTH, REASON_DUAL);
    case HOME_UNSET:
    case HOME_PRIMARY:
    case HOME_SECONDARY:
        break;
    }
    if (home == home_of(in->node))
        return decide(ACTION_HERE, record ? REASON_HOME_HERE : REASON_DEFAULT);
    return decide(ACTION_DIVERT, record ? REASON_HOME_PEER : REASON_DEFAULT);
}

/* The peer must be reachable: by an address, or by a map, which can carry no second copy and knows
 * no invitation from other mail. */
static bool has_way(const struct decision_input *in, const struct decision *d)
{
    bool sends = d->action == ACTION_DIVERT || d->action == ACTION_BOTH;
    bool by_map = in->maps && d->action == ACTION_DIVERT && d->reason != REASON_CALENDAR;
    return !sends || in->has_route || by_map;
}

static struct decision decide_by_state(const struct decision_input *in)
{
    enum home home = in->home;
    if (in->state == STATE_RECORD && home == HOME_UNSET)
        return decide(ACTION_DEFER, REASON_BAD_RECORD);
    if (home == HOME_UNSET) {
        if (in->node == SYSTEM_PRIMARY)
            return decide_unknown(in);
        home = HOME_PRIMARY;
    }
    struct decision d =
        in->origin == ORIGIN_PEER ? decide_from_peer(in, home) : decide_from_elsewhere(in, home);
    return has_way(in, &d) ? d : decide(ACTION_DEFER, REASON_NO_ROUTE);
}

static enum action loop_action(const struct decision_input *in)
{
    if (!in->alone || in->on_loop == ON_LOOP_DIVERT)
        return set_aside(in);
    if (in->on_loop == ON_LOOP_HOLD || never_bounced(in))
        return ACTION_HOLD;
    return in->on_loop == ON_LOOP_DEFER ? ACTION_DEFER : ACTION_REJECT;
}

/* It would go where the map says, and the MTA may not ask the map again yet. */
static bool goes_astray(const struct decision_input *in, const struct decision *d)
{
    bool by_route = d->action == ACTION_DIVERT && in->has_route;
    return in->unsettled && action_goes_on(d->action) && !by_route;
}

struct decision decision_make(const struct decision_input *in)
{
    if (in->state == STATE_NOT_OURS)
        return decide(ACTION_LEAVE, REASON_NOT_OURS);
    struct decision d;
    if (in->state == STATE_BAD_RECORD)
        d = decide(ACTION_DEFER, REASON_BAD_RECORD);
    else if (in->state == STATE_DOWN)
        d = decide(ACTION_DEFER, REASON_STATE_DOWN);
    else if (in->state == STATE_STORM)
        d = decide(ACTION_DEFER, REASON_BREAKER);
    else
        d = decide_by_state(in);
    if (goes_astray(in, &d))
        d = decide(ACTION_DEFER, REASON_SETTLING);
    if (action_goes_on(d.action) && (in->loop == LOOP_PINGPONG || in->loop == LOOP_HOPS)) {
        d.action = loop_action(in);
        d.reason = in->loop == LOOP_HOPS ? REASON_HOPS : REASON_LOOP;
    }
    d.observed = in->mode == MODE_OBSERVE;
    return d;
}

static const char *defer_status(enum reason r)
{
    switch (r) {
    case REASON_MOVING:
    case REASON_SETTLING:
        return "4.2.1";
    case REASON_BAD_RECORD:
    case REASON_NO_ROUTE:
        return "4.3.5";
    case REASON_STATE_DOWN:
        return "4.4.3";
    default:
        return "4.4.6";
    }
}

struct reply_code decision_reply(const struct decision *d)
{
    if (d->action == ACTION_DEFER)
        return (struct reply_code){ 451, defer_status(d->reason) };
    if (d->action == ACTION_REJECT)
        return (struct reply_code){ 550, d->reason == REASON_UNKNOWN_USER ? "5.1.1" : "5.4.6" };
    return (struct reply_code){ 0, NULL };
}
