#include "core/decision_rules.h"

#include "base/count.h"

#define GATE_MAX 3
#define CONDITIONS_MAX 3
#define RULES_MAX 6 /* of one family */
_Static_assert(GATE_MAX + CONDITIONS_MAX <= WEIGHED_WHYS_MAX, "each condition can be told");

/* What is weighed, and what the rounds before have made of it. */
struct state {
    const struct decision_input *in;
    enum home home; /* of a user without a record: the default's, or the authority's system */
    struct decision so_far;
};

struct condition {
    bool (*holds)(const struct state *s);
    const char *yes;
    const char *no;
};

#define CONDITION(name, expression, yes, no)                                                       \
    static bool name##_holds(const struct state *s)                                                \
    {                                                                                              \
        return expression;                                                                         \
    }                                                                                              \
    static const struct condition name = { name##_holds, yes, no };

static enum home own(const struct state *s)
{
    return home_of(s->in->node);
}

static enum home peer(const struct state *s)
{
    return home_of(system_other(s->in->node));
}

static bool has_sender(const struct state *s)
{
    return !s->in->null_sender && !s->in->auto_submitted;
}

/* A map can carry no second copy, and knows no invitation from other mail. */
static bool has_way(const struct state *s)
{
    bool by_map =
        s->in->maps && s->so_far.action == ACTION_DIVERT && s->so_far.reason != REASON_CALENDAR;
    return s->in->has_route || by_map;
}

/* What the state says. */
CONDITION(not_ours, s->in->state == STATE_NOT_OURS, "its domain is not in the configuration",
          "its domain is in the configuration")
CONDITION(bad_record,
          s->in->state == STATE_BAD_RECORD ||
              (s->in->state == STATE_RECORD && s->in->home == HOME_UNSET),
          "a record that bears on it is not valid", "no record that bears on it is bad")
CONDITION(down, s->in->state == STATE_DOWN,
          "the state could not be asked, and nothing is remembered of it",
          "what the state says of it is known")
CONDITION(storm, s->in->state == STATE_STORM, "the breaker is open for it with this home",
          "the breaker is not open for it")
CONDITION(no_home, s->in->home == HOME_UNSET, "neither a record nor a default says where it lives",
          "a record or a default says where it lives")
CONDITION(stale, s->in->stale, "that is only remembered", "that is what the state says now")
CONDITION(fresh, !s->in->stale, "that is what the state says now", "that is only remembered")
CONDITION(record, s->in->state == STATE_RECORD, "a record says its home",
          "no record of the user or a group says its home")
CONDITION(no_record, s->in->state == STATE_DEFAULT,
          "no record of the user or a group says its home", "a record says its home")
CONDITION(moving, s->home == HOME_MOVING, "its home is moving", "its home is not moving")
CONDITION(at_both, s->home == HOME_BOTH, "its home is both", "its home is not both")
CONDITION(at_home, s->home == own(s), "its home is this node's system",
          "its home is not this node's system")
CONDITION(at_peer, s->home == peer(s), "its home is the peer's system",
          "its home is not the peer's system")
CONDITION(calendar_here, (s->in->calendar == HOME_UNSET ? HOME_PRIMARY : s->in->calendar) == own(s),
          "invitations for it go to this node's system",
          "invitations for it go to the peer's system")

/* What the message is. */
CONDITION(from_peer, s->in->origin == ORIGIN_PEER, "the message comes from the peer",
          "the message does not come from the peer")
CONDITION(alone, s->in->alone, "it can be answered by itself",
          "other recipients of the message go on")
CONDITION(others, !s->in->alone, "other recipients of the message go on",
          "it can be answered by itself")
CONDITION(never_bounced, !has_sender(s), "its sender is null or a machine",
          "its sender is neither null nor a machine")
CONDITION(invitation, s->in->imip, "it is an invitation", "it is no invitation")
CONDITION(loops, s->in->loop == LOOP_PINGPONG || s->in->loop == LOOP_HOPS, "a loop is proven",
          "no loop is proven")

/* What the configuration says. */
CONDITION(of_primary, s->in->node == SYSTEM_PRIMARY,
          "this node is of the primary system, the authority",
          "only the primary system may say that a user does not exist")
CONDITION(of_secondary, s->in->node == SYSTEM_SECONDARY,
          "the peer is the primary system, the authority",
          "the peer is the secondary system, which is no authority")
CONDITION(not_mapped_back, !s->in->maps || s->home != peer(s), "no map would send it back",
          "the map would send it back")
CONDITION(conflict_deliver, s->in->on_conflict == ON_CONFLICT_DELIVER, "on_conflict is deliver",
          "on_conflict is not deliver")
CONDITION(conflict_reject, s->in->on_conflict == ON_CONFLICT_REJECT, "on_conflict is reject",
          "on_conflict is not reject")
CONDITION(loop_mailbox, s->in->has_loop_mailbox, "there is a loop mailbox",
          "there is no loop mailbox, or it is this one")
CONDITION(set_aside, !s->in->alone || s->in->on_loop == ON_LOOP_DIVERT,
          "other recipients go on, or on_loop is divert",
          "it can be answered by itself, and on_loop is not divert")
CONDITION(loop_hold, s->in->on_loop == ON_LOOP_HOLD || !has_sender(s),
          "on_loop is hold, or its sender is null or a machine",
          "on_loop is not hold, and its sender is neither null nor a machine")
CONDITION(loop_defer, s->in->on_loop == ON_LOOP_DEFER, "on_loop is defer", "on_loop is not defer")

/* What the rounds before have said. */
CONDITION(goes_on, action_goes_on(s->so_far.action), "it would go on", "it does not go on anyway")
CONDITION(sends, s->so_far.action == ACTION_DIVERT || s->so_far.action == ACTION_BOTH,
          "it is to be sent to the peer", "nothing is to be sent to the peer")
CONDITION(unsettled, s->in->unsettled, "the map has said another way within half a minute",
          "no old answer of the map is known to be in use")
CONDITION(by_map, s->so_far.action != ACTION_DIVERT || !s->in->has_route,
          "it would go where the map says", "its route takes it there, and not the map")
CONDITION(no_way, !has_way(s), "no address for it there is known", "how to reach it there is known")

/* Rules with a gate in common; one that does not open is told once. The first rule behind it whose
 * conditions all hold applies. */
struct family {
    const char *name;
    const struct condition *gate[GATE_MAX + 1];
    struct rule {
        enum action action; /* first, so that a rule without conditions can be written */
        enum reason reason;
        const struct condition *condition[CONDITIONS_MAX + 1];
    } rule[RULES_MAX];
    size_t rules;
};

static const struct family by_state[] = {
    { "not-ours", { &not_ours }, { { ACTION_LEAVE, REASON_NOT_OURS, { 0 } } }, 1 },
    { "bad-record", { &bad_record }, { { ACTION_DEFER, REASON_BAD_RECORD, { 0 } } }, 1 },
    { "state-down", { &down }, { { ACTION_DEFER, REASON_STATE_DOWN, { 0 } } }, 1 },
    { "breaker", { &storm }, { { ACTION_DEFER, REASON_BREAKER, { 0 } } }, 1 },
    { "unknown-user",
      { &no_home, &of_primary },
      { { ACTION_DEFER, REASON_STATE_DOWN, { &stale, &alone } },
        { ACTION_REJECT, REASON_UNKNOWN_USER, { &alone } },
        { ACTION_HERE, REASON_UNKNOWN_USER, { 0 } } },
      3 },
    { "moving", { &moving }, { { ACTION_DEFER, REASON_MOVING, { 0 } } }, 1 },
    { "split-horizon",
      { &from_peer, &at_both },
      { { ACTION_HERE, REASON_SPLIT_HORIZON, { 0 } } },
      1 },
    { "home-here", { &record, &at_home }, { { ACTION_HERE, REASON_HOME_HERE, { 0 } } }, 1 },
    { "authority",
      { &from_peer, &no_record, &of_secondary },
      { { ACTION_HERE, REASON_AUTHORITY, { &not_mapped_back } } },
      1 },
    { "default", { &no_record, &at_home }, { { ACTION_HERE, REASON_DEFAULT, { 0 } } }, 1 },
    { "conflict",
      { &from_peer, &at_peer },
      { { ACTION_HERE, REASON_CONFLICT, { &conflict_deliver, &not_mapped_back } },
        { ACTION_LOOP_MAILBOX, REASON_CONFLICT, { &others, &loop_mailbox } },
        { ACTION_HOLD, REASON_CONFLICT, { &others } },
        { ACTION_HOLD, REASON_CONFLICT, { &conflict_reject, &fresh, &never_bounced } },
        { ACTION_REJECT, REASON_CONFLICT, { &conflict_reject, &fresh } },
        { ACTION_DEFER, REASON_CONFLICT, { 0 } } },
      6 },
    { "calendar",
      { &at_both, &invitation },
      { { ACTION_HERE, REASON_CALENDAR, { &calendar_here } },
        { ACTION_DIVERT, REASON_CALENDAR, { 0 } } },
      2 },
    { "dual", { &at_both }, { { ACTION_BOTH, REASON_DUAL, { 0 } } }, 1 },
    { "home-peer", { &record, &at_peer }, { { ACTION_DIVERT, REASON_HOME_PEER, { 0 } } }, 1 },
    { "default", { &no_record, &at_peer }, { { ACTION_DIVERT, REASON_DEFAULT, { 0 } } }, 1 },
};

static const struct family by_way[] = {
    { "no-route", { &sends, &no_way }, { { ACTION_DEFER, REASON_NO_ROUTE, { 0 } } }, 1 },
    { "settling",
      { &goes_on, &unsettled, &by_map },
      { { ACTION_DEFER, REASON_SETTLING, { 0 } } },
      1 },
};

static const struct family by_loop[] = {
    { "loop",
      { &goes_on, &loops },
      { { ACTION_LOOP_MAILBOX, REASON_LOOP, { &set_aside, &loop_mailbox } },
        { ACTION_HOLD, REASON_LOOP, { &set_aside } },
        { ACTION_HOLD, REASON_LOOP, { &loop_hold } },
        { ACTION_DEFER, REASON_LOOP, { &loop_defer } },
        { ACTION_REJECT, REASON_LOOP, { 0 } } },
      5 },
};

/* All hold: they are told; else the first one that does not, alone. */
static bool weigh_conditions(const struct state *s, const struct condition *const *c,
                             struct weighed *w)
{
    for (size_t i = 0; c[i]; i++) {
        if (!c[i]->holds(s)) {
            w->why[0] = c[i]->no;
            w->whys = 1;
            return false;
        }
        w->why[w->whys++] = c[i]->yes;
    }
    return true;
}

static void decide(struct state *s, struct weighing *out, const struct weighed *w)
{
    s->so_far.action = w->action;
    s->so_far.reason = w->reason;
    out->decided = out->rules - 1;
}

static bool weigh_family(struct state *s, const struct family *f, struct weighing *out)
{
    struct weighed gate = { .rule = f->name };
    if (!weigh_conditions(s, f->gate, &gate)) {
        out->rule[out->rules++] = gate;
        return false;
    }
    for (size_t i = 0; i < f->rules; i++) {
        const struct rule *r = &f->rule[i];
        struct weighed *w = &out->rule[out->rules++];
        *w = gate;
        w->named = true;
        w->action = r->action;
        w->reason = r->reason == REASON_LOOP && s->in->loop == LOOP_HOPS ? REASON_HOPS : r->reason;
        w->applies = weigh_conditions(s, r->condition, w);
        if (w->applies) {
            decide(s, out, w);
            return true;
        }
    }
    return false;
}

static void weigh_round(struct state *s, const struct family *f, size_t families,
                        struct weighing *out)
{
    for (size_t i = 0; i < families; i++)
        if (weigh_family(s, &f[i], out))
            return;
}

void decision_weigh(const struct decision_input *in, struct weighing *out)
{
    struct state s = { .in = in, .home = in->home };
    /* What nobody knows is the authority's to know. */
    if (in->home == HOME_UNSET)
        s.home = HOME_PRIMARY;
    out->rules = out->decided = 0;
    weigh_round(&s, by_state, COUNT_OF(by_state), out);
    if (s.so_far.reason != REASON_NOT_OURS) {
        weigh_round(&s, by_way, COUNT_OF(by_way), out);
        s.so_far.route = action_goes_on(s.so_far.action) ? s.so_far.action : ACTION_HERE;
        weigh_round(&s, by_loop, COUNT_OF(by_loop), out);
        s.so_far.observed = in->mode == MODE_OBSERVE;
    }
    out->decision = s.so_far;
}
