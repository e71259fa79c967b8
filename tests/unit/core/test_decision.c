#include "tests/support/unit.h"

#include "core/decision.h"
#include "tests/unit/core/decision_product.h"

/* What the state asks for, before policy has its say. */
enum outcome { LEAVE, HERE, PEER, DUAL, DEFER, CONFLICT, AUTHORITY, UNKNOWN };

/* Where from: the peer, or anywhere else. */
enum side { ELSEWHERE, FROM_PEER };

/* A row of the table of decisions; in a row of EACH home, the home does not matter. */
#define EACH (-1)
struct row {
    enum system node;
    enum side side;
    enum decision_state state;
    int home;
    enum outcome outcome;
    enum reason reason;
};

#define P SYSTEM_PRIMARY
#define S SYSTEM_SECONDARY

static const struct row rows[] = {
    /* A node of the secondary system. */
    { S, ELSEWHERE, STATE_RECORD, HOME_SECONDARY, HERE, REASON_HOME_HERE },
    { S, ELSEWHERE, STATE_RECORD, HOME_PRIMARY, PEER, REASON_HOME_PEER },
    { S, ELSEWHERE, STATE_RECORD, HOME_BOTH, DUAL, REASON_DUAL },
    { S, ELSEWHERE, STATE_RECORD, HOME_MOVING, DEFER, REASON_MOVING },
    { S, ELSEWHERE, STATE_RECORD, HOME_UNSET, DEFER, REASON_BAD_RECORD },
    { S, ELSEWHERE, STATE_DEFAULT, HOME_SECONDARY, HERE, REASON_DEFAULT },
    { S, ELSEWHERE, STATE_DEFAULT, HOME_PRIMARY, PEER, REASON_DEFAULT },
    { S, ELSEWHERE, STATE_DEFAULT, HOME_BOTH, DUAL, REASON_DUAL },
    { S, ELSEWHERE, STATE_DEFAULT, HOME_MOVING, DEFER, REASON_MOVING },
    { S, ELSEWHERE, STATE_DEFAULT, HOME_UNSET, PEER, REASON_DEFAULT },
    { S, ELSEWHERE, STATE_BAD_RECORD, EACH, DEFER, REASON_BAD_RECORD },
    { S, ELSEWHERE, STATE_DOWN, EACH, DEFER, REASON_STATE_DOWN },
    { S, ELSEWHERE, STATE_STORM, EACH, DEFER, REASON_BREAKER },
    { S, ELSEWHERE, STATE_NOT_OURS, EACH, LEAVE, REASON_NOT_OURS },
    { S, FROM_PEER, STATE_RECORD, HOME_SECONDARY, HERE, REASON_HOME_HERE },
    { S, FROM_PEER, STATE_RECORD, HOME_PRIMARY, CONFLICT, REASON_CONFLICT },
    { S, FROM_PEER, STATE_RECORD, HOME_BOTH, HERE, REASON_SPLIT_HORIZON },
    { S, FROM_PEER, STATE_RECORD, HOME_MOVING, DEFER, REASON_MOVING },
    { S, FROM_PEER, STATE_RECORD, HOME_UNSET, DEFER, REASON_BAD_RECORD },
    { S, FROM_PEER, STATE_DEFAULT, HOME_SECONDARY, HERE, REASON_AUTHORITY },
    { S, FROM_PEER, STATE_DEFAULT, HOME_PRIMARY, AUTHORITY, REASON_AUTHORITY },
    { S, FROM_PEER, STATE_DEFAULT, HOME_BOTH, HERE, REASON_SPLIT_HORIZON },
    { S, FROM_PEER, STATE_DEFAULT, HOME_MOVING, DEFER, REASON_MOVING },
    { S, FROM_PEER, STATE_DEFAULT, HOME_UNSET, AUTHORITY, REASON_AUTHORITY },
    { S, FROM_PEER, STATE_BAD_RECORD, EACH, DEFER, REASON_BAD_RECORD },
    { S, FROM_PEER, STATE_DOWN, EACH, DEFER, REASON_STATE_DOWN },
    { S, FROM_PEER, STATE_STORM, EACH, DEFER, REASON_BREAKER },
    { S, FROM_PEER, STATE_NOT_OURS, EACH, LEAVE, REASON_NOT_OURS },
    /* The mirror of it, but that the primary is the authority, and its peer is none. */
    { P, ELSEWHERE, STATE_RECORD, HOME_PRIMARY, HERE, REASON_HOME_HERE },
    { P, ELSEWHERE, STATE_RECORD, HOME_SECONDARY, PEER, REASON_HOME_PEER },
    { P, ELSEWHERE, STATE_RECORD, HOME_BOTH, DUAL, REASON_DUAL },
    { P, ELSEWHERE, STATE_RECORD, HOME_MOVING, DEFER, REASON_MOVING },
    { P, ELSEWHERE, STATE_RECORD, HOME_UNSET, DEFER, REASON_BAD_RECORD },
    { P, ELSEWHERE, STATE_DEFAULT, HOME_PRIMARY, HERE, REASON_DEFAULT },
    { P, ELSEWHERE, STATE_DEFAULT, HOME_SECONDARY, PEER, REASON_DEFAULT },
    { P, ELSEWHERE, STATE_DEFAULT, HOME_BOTH, DUAL, REASON_DUAL },
    { P, ELSEWHERE, STATE_DEFAULT, HOME_MOVING, DEFER, REASON_MOVING },
    { P, ELSEWHERE, STATE_DEFAULT, HOME_UNSET, UNKNOWN, REASON_UNKNOWN_USER },
    { P, ELSEWHERE, STATE_BAD_RECORD, EACH, DEFER, REASON_BAD_RECORD },
    { P, ELSEWHERE, STATE_DOWN, EACH, DEFER, REASON_STATE_DOWN },
    { P, ELSEWHERE, STATE_STORM, EACH, DEFER, REASON_BREAKER },
    { P, ELSEWHERE, STATE_NOT_OURS, EACH, LEAVE, REASON_NOT_OURS },
    { P, FROM_PEER, STATE_RECORD, HOME_PRIMARY, HERE, REASON_HOME_HERE },
    { P, FROM_PEER, STATE_RECORD, HOME_SECONDARY, CONFLICT, REASON_CONFLICT },
    { P, FROM_PEER, STATE_RECORD, HOME_BOTH, HERE, REASON_SPLIT_HORIZON },
    { P, FROM_PEER, STATE_RECORD, HOME_MOVING, DEFER, REASON_MOVING },
    { P, FROM_PEER, STATE_RECORD, HOME_UNSET, DEFER, REASON_BAD_RECORD },
    { P, FROM_PEER, STATE_DEFAULT, HOME_PRIMARY, HERE, REASON_DEFAULT },
    { P, FROM_PEER, STATE_DEFAULT, HOME_SECONDARY, CONFLICT, REASON_CONFLICT },
    { P, FROM_PEER, STATE_DEFAULT, HOME_BOTH, HERE, REASON_SPLIT_HORIZON },
    { P, FROM_PEER, STATE_DEFAULT, HOME_MOVING, DEFER, REASON_MOVING },
    { P, FROM_PEER, STATE_DEFAULT, HOME_UNSET, UNKNOWN, REASON_UNKNOWN_USER },
    { P, FROM_PEER, STATE_BAD_RECORD, EACH, DEFER, REASON_BAD_RECORD },
    { P, FROM_PEER, STATE_DOWN, EACH, DEFER, REASON_STATE_DOWN },
    { P, FROM_PEER, STATE_STORM, EACH, DEFER, REASON_BREAKER },
    { P, FROM_PEER, STATE_NOT_OURS, EACH, LEAVE, REASON_NOT_OURS },
};

/* The one row for an input; two or none fail the test. */
static const struct row *row_for(const struct decision_input *in)
{
    const struct row *found = NULL;
    enum side side = in->origin == ORIGIN_PEER ? FROM_PEER : ELSEWHERE;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *r = &rows[i];
        if (r->node != in->node || r->side != side || r->state != in->state ||
            (r->home != EACH && r->home != (int)in->home))
            continue;
        ck_assert_msg(!found, "rows %td and %zu speak of the same", found - rows, i);
        found = r;
    }
    ck_assert_msg(found, "no row for node %s, %s, state %d, home %s", system_name(in->node),
                  origin_name(in->origin), in->state, home_name(in->home));
    return found;
}

static bool unbounced(const struct decision_input *in)
{
    return in->null_sender || in->auto_submitted;
}

static enum action aside(const struct decision_input *in)
{
    return in->has_loop_mailbox ? ACTION_LOOP_MAILBOX : ACTION_HOLD;
}

static bool goes_on(enum action a)
{
    return a == ACTION_LEAVE || a == ACTION_HERE || a == ACTION_DIVERT || a == ACTION_BOTH;
}

static void want(struct decision *d, enum action action, enum reason reason)
{
    d->action = action;
    d->reason = reason;
}

/* on_conflict. A recipient that stays here under a map that knows no origin does not stay. */
static void want_conflict(const struct decision_input *in, struct decision *d)
{
    d->reason = REASON_CONFLICT;
    if (in->on_conflict == ON_CONFLICT_DELIVER && !in->maps)
        d->action = ACTION_HERE;
    else if (!in->alone)
        d->action = aside(in);
    else if (in->on_conflict != ON_CONFLICT_REJECT || in->stale)
        d->action = ACTION_DEFER;
    else
        d->action = unbounced(in) ? ACTION_HOLD : ACTION_REJECT;
}

/* An invitation goes to one system; a map has no way to know that it is one. */
static void want_dual(const struct decision_input *in, struct decision *d)
{
    enum home one = in->calendar == HOME_UNSET ? HOME_PRIMARY : in->calendar;
    bool own = one == home_of(in->node);
    if (in->imip && own)
        want(d, ACTION_HERE, REASON_CALENDAR);
    else if (!in->has_route)
        want(d, ACTION_DEFER, REASON_NO_ROUTE);
    else if (in->imip)
        want(d, ACTION_DIVERT, REASON_CALENDAR);
}

/* on_loop, for what would else go on. */
static void want_loop(const struct decision_input *in, struct decision *d)
{
    d->reason = in->loop == LOOP_HOPS ? REASON_HOPS : REASON_LOOP;
    if (!in->alone || in->on_loop == ON_LOOP_DIVERT)
        d->action = aside(in);
    else if (unbounced(in) || in->on_loop == ON_LOOP_HOLD)
        d->action = ACTION_HOLD;
    else
        d->action = in->on_loop == ON_LOOP_DEFER ? ACTION_DEFER : ACTION_REJECT;
}

/* The decision that the design asks for. */
static struct decision oracle(const struct row *row, const struct decision_input *in)
{
    static const enum action plain[] = {
        [LEAVE] = ACTION_LEAVE,    [HERE] = ACTION_HERE,      [PEER] = ACTION_DIVERT,
        [DUAL] = ACTION_BOTH,      [DEFER] = ACTION_DEFER,    [CONFLICT] = ACTION_DEFER,
        [UNKNOWN] = ACTION_REJECT, [AUTHORITY] = ACTION_HERE,
    };
    struct decision d = { .action = plain[row->outcome], .reason = row->reason };

    if (row->outcome == LEAVE)
        return (struct decision){ ACTION_LEAVE, REASON_NOT_OURS, ACTION_LEAVE, false };
    if (row->outcome == PEER && !in->has_route && !in->maps)
        want(&d, ACTION_DEFER, REASON_NO_ROUTE);
    if (row->outcome == DUAL)
        want_dual(in, &d);
    if (row->outcome == CONFLICT || (row->outcome == AUTHORITY && in->maps))
        want_conflict(in, &d);
    if (row->outcome == UNKNOWN && !in->alone)
        d.action = ACTION_HERE;
    else if (row->outcome == UNKNOWN && in->stale)
        want(&d, ACTION_DEFER, REASON_STATE_DOWN);
    bool to_route = d.action == ACTION_DIVERT && in->has_route;
    if (in->unsettled && goes_on(d.action) && !to_route)
        want(&d, ACTION_DEFER, REASON_SETTLING);
    d.route = goes_on(d.action) ? d.action : ACTION_HERE;
    if (goes_on(d.action) && (in->loop == LOOP_PINGPONG || in->loop == LOOP_HOPS))
        want_loop(in, &d);
    d.observed = in->mode == MODE_OBSERVE;
    return d;
}

/* NULL, or which promise the decision breaks. */
static const char *broken_promise(const struct decision_input *in, const struct decision *d)
{
    bool from_peer = in->origin == ORIGIN_PEER;
    bool sends = d->action == ACTION_DIVERT || d->action == ACTION_BOTH;
    bool route_sends = d->route == ACTION_DIVERT || d->route == ACTION_BOTH;
    bool loops = d->reason == REASON_LOOP || d->reason == REASON_HOPS;
    struct reply_code reply = decision_reply(d);
    int class = reply.code / 100;

    if (from_peer && (sends || route_sends))
        return "sent to where it came from";
    if (unbounced(in) && d->action == ACTION_REJECT && (loops || d->reason == REASON_CONFLICT))
        return "a message without a bounce rejected";
    if (in->stale && d->action == ACTION_REJECT && !loops)
        return "rejected by what is only remembered";
    if (unbounced(in) && d->action == ACTION_DEFER && loops)
        return "a message without a bounce deferred for a loop";
    if (goes_on(d->action) != action_goes_on(d->action) || !goes_on(d->route))
        return "goes on or does not";
    if ((reply.code != 0) != (d->action == ACTION_DEFER || d->action == ACTION_REJECT))
        return "a reply where none is due, or none where one is";
    if (reply.code != 0 && class != (d->action == ACTION_DEFER ? 4 : 5))
        return "the reply is of the other class";
    if (reply.code != 0 && (reply.status[0] != '0' + class || reply.status[1] != '.'))
        return "code and status are of two classes";
    if (d->action == ACTION_LOOP_MAILBOX && !in->has_loop_mailbox)
        return "a loop mailbox where there is none";
    if ((d->action == ACTION_BOTH || d->route == ACTION_BOTH) && !in->has_route)
        return "a copy without a route";
    if ((sends || route_sends) && !in->has_route && !in->maps)
        return "sent to the peer without a way";
    if (in->unsettled && goes_on(d->action) && in->state != STATE_NOT_OURS &&
        !(d->action == ACTION_DIVERT && in->has_route))
        return "goes on by a map that may be asked too late";
    if (d->action == ACTION_LEAVE && in->state != STATE_NOT_OURS)
        return "one of ours left alone";
    if (in->loop == LOOP_PINGPONG && in->state != STATE_NOT_OURS && goes_on(d->action))
        return "goes on although it loops";
    if (d->action == ACTION_REJECT && !in->alone)
        return "rejected although others go on";
    return NULL;
}

static void check(const struct row *row, const struct decision_input *in)
{
    struct decision got = decision_make(in);
    struct decision wanted = oracle(row, in);
    const char *broken = broken_promise(in, &got);
    if (!broken && got.action == wanted.action && got.reason == wanted.reason &&
        got.route == wanted.route && got.observed == wanted.observed)
        return;
    ck_abort_msg("%s: node=%s origin=%s state=%d home=%s stale=%d calendar=%s route=%d maps=%d "
                 "mode=%s null=%d "
                 "auto=%d imip=%d loop=%s alone=%d on_conflict=%s on_loop=%s loop_mailbox=%d: "
                 "got %s/%s/%s/%d, want %s/%s/%s/%d",
                 broken ? broken : "not as designed", system_name(in->node),
                 origin_name(in->origin), in->state, home_name(in->home), in->stale,
                 home_name(in->calendar), in->has_route, in->maps, mode_name(in->mode),
                 in->null_sender, in->auto_submitted, in->imip, loop_verdict_name(in->loop),
                 in->alone, on_conflict_name(in->on_conflict), on_loop_name(in->on_loop),
                 in->has_loop_mailbox, action_name(got.action), reason_name(got.reason),
                 action_name(got.route), got.observed, action_name(wanted.action),
                 reason_name(wanted.reason), action_name(wanted.route), wanted.observed);
}

/* One of NODES; in all of them together each input stands once. */
START_TEST(every_input_is_decided_as_designed)
{
    struct decision_input in = { .node = (enum system)(_i % 2), .origin = (enum origin)(_i / 2) };
    unsigned long decided = 0;
    for (unsigned s = 0; s < STATES; s++) {
        fill_state(s, &in);
        const struct row *row = row_for(&in);
        for (unsigned rest = 0; rest < OF_ONE_STATE; rest++) {
            fill_rest(rest, &in);
            check(row, &in);
            decided++;
        }
    }
    ck_assert_uint_eq(decided, 4976640);
    ck_assert_uint_eq(decided * NODES, PRODUCT);
    ck_assert_uint_eq(PRODUCT, 29859840);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("decision");
    TCase *tc = tcase_create("decision");
    tcase_add_loop_test(tc, every_input_is_decided_as_designed, 0, NODES);
    suite_add_tcase(suite, tc);
    return suite;
}
