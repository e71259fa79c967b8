#include "tests/support/unit.h"

#include <string.h>

#include "core/decision.h"

/* The rows that have a name, with what the client is told. A recipient that can be answered by
 * itself, with a route to the peer and a loop mailbox, under the default policy, but for what
 * stands in `with`. */
struct named {
    const char *what;
    enum system node;
    enum origin origin;
    enum decision_state state;
    enum home home;
    const char *with;
    enum action action;
    const char *reason;
    int code;
    const char *status;
};

#define P SYSTEM_PRIMARY
#define S SYSTEM_SECONDARY
#define EXT ORIGIN_EXTERNAL
#define LOCAL ORIGIN_LOCAL
#define PEER ORIGIN_PEER
#define RECORD STATE_RECORD
#define NONE STATE_DEFAULT
#define BAD STATE_BAD_RECORD
#define DOWN STATE_DOWN
#define STORM STATE_STORM
#define NOT_OURS STATE_NOT_OURS
#define UNSET HOME_UNSET
#define PRI HOME_PRIMARY
#define SEC HOME_SECONDARY
#define BOTH HOME_BOTH
#define MOVING HOME_MOVING

/* clang-format off */
static const struct named named[] = {
    { "at home", S, EXT, RECORD, SEC, "", ACTION_HERE, "home-here", 0, NULL },
    { "submitted, at home", S, LOCAL, RECORD, SEC, "", ACTION_HERE, "home-here", 0, NULL },
    { "at the peer", S, EXT, RECORD, PRI, "", ACTION_DIVERT, "home-peer", 0, NULL },
    { "submitted, at the peer", S, LOCAL, RECORD, PRI, "", ACTION_DIVERT, "home-peer", 0, NULL },
    { "at both", S, EXT, RECORD, BOTH, "", ACTION_BOTH, "dual", 0, NULL },
    { "moving", S, EXT, RECORD, MOVING, "", ACTION_DEFER, "moving", 451, "4.2.1" },
    { "default here", S, EXT, NONE, SEC, "", ACTION_HERE, "default", 0, NULL },
    { "default at the peer", S, EXT, NONE, PRI, "", ACTION_DIVERT, "default", 0, NULL },
    { "no default", S, EXT, NONE, UNSET, "", ACTION_DIVERT, "default", 0, NULL },

    { "peer, at home", S, PEER, RECORD, SEC, "", ACTION_HERE, "home-here", 0, NULL },
    { "peer, at both", S, PEER, RECORD, BOTH, "", ACTION_HERE, "split-horizon", 0, NULL },
    { "peer, no record", S, PEER, NONE, PRI, "", ACTION_HERE, "authority", 0, NULL },
    { "peer, no default", S, PEER, NONE, UNSET, "", ACTION_HERE, "authority", 0, NULL },
    { "peer, at the peer", S, PEER, RECORD, PRI, "", ACTION_DEFER, "conflict", 451, "4.4.6" },
    { "peer, moving", S, PEER, RECORD, MOVING, "", ACTION_DEFER, "moving", 451, "4.2.1" },

    { "bad record", S, EXT, BAD, SEC, "", ACTION_DEFER, "bad-record", 451, "4.3.5" },
    { "no home in it", S, EXT, RECORD, UNSET, "", ACTION_DEFER, "bad-record", 451, "4.3.5" },
    { "state down", S, PEER, DOWN, SEC, "", ACTION_DEFER, "state-down", 451, "4.4.3" },
    { "storm", S, PEER, STORM, PRI, "", ACTION_DEFER, "breaker", 451, "4.4.6" },
    { "storm from elsewhere", S, EXT, STORM, SEC, "", ACTION_DEFER, "breaker", 451, "4.4.6" },
    { "storm of bounces", S, EXT, STORM, PRI, "null", ACTION_DEFER, "breaker", 451, "4.4.6" },
    { "storm that loops", S, EXT, STORM, PRI, "loop", ACTION_DEFER, "breaker", 451, "4.4.6" },
    { "not ours", S, EXT, NOT_OURS, UNSET, "", ACTION_LEAVE, "not-ours", 0, NULL },

    { "no way", S, EXT, RECORD, PRI, "no-route", ACTION_DEFER, "no-route", 451, "4.3.5" },
    { "no way back", S, PEER, RECORD, SEC, "no-route", ACTION_HERE, "home-here", 0, NULL },
    { "no copy", S, EXT, RECORD, BOTH, "no-route", ACTION_DEFER, "no-route", 451, "4.3.5" },
    { "map", S, EXT, RECORD, PRI, "no-route map", ACTION_DIVERT, "home-peer", 0, NULL },
    { "map, both", S, EXT, RECORD, BOTH, "no-route map", ACTION_DEFER, "no-route", 451, "4.3.5" },
    { "map, no record", S, PEER, NONE, PRI, "no-route map", ACTION_DEFER, "conflict", 451, "4.4.6" },

    { "remembered", S, PEER, RECORD, PRI, "conflict-reject stale", ACTION_DEFER, "conflict", 451, "4.4.6" },
    { "rejected", S, PEER, RECORD, PRI, "conflict-reject", ACTION_REJECT, "conflict", 550, "5.4.6" },
    { "bounce", S, PEER, RECORD, PRI, "conflict-reject null", ACTION_HOLD, "conflict", 0, NULL },
    { "machine", S, PEER, RECORD, PRI, "conflict-reject auto", ACTION_HOLD, "conflict", 0, NULL },
    { "delivered", S, PEER, RECORD, PRI, "conflict-deliver", ACTION_HERE, "conflict", 0, NULL },
    { "cannot be kept from the map", S, PEER, RECORD, PRI, "conflict-deliver no-route map",
      ACTION_DEFER, "conflict", 451, "4.4.6" },
    { "one of several", S, PEER, RECORD, PRI, "others", ACTION_LOOP_MAILBOX, "conflict", 0, NULL },

    { "invitation", S, EXT, RECORD, BOTH, "imip", ACTION_DIVERT, "calendar", 0, NULL },
    { "invited here", S, EXT, RECORD, BOTH, "imip cal-secondary", ACTION_HERE, "calendar", 0, NULL },
    { "invited there", P, EXT, RECORD, BOTH, "imip cal-secondary", ACTION_DIVERT, "calendar", 0,
      NULL },
    { "primary by default", P, EXT, RECORD, BOTH, "imip", ACTION_HERE, "calendar", 0, NULL },
    { "invited by the peer", S, PEER, RECORD, BOTH, "imip", ACTION_HERE, "split-horizon", 0, NULL },
    { "a map knows no invitation", S, EXT, RECORD, BOTH, "imip no-route map", ACTION_DEFER,
      "no-route", 451, "4.3.5" },

    { "loop", S, EXT, RECORD, PRI, "loop", ACTION_REJECT, "loop", 550, "5.4.6" },
    { "deferred", S, EXT, RECORD, PRI, "loop loop-defer", ACTION_DEFER, "loop", 451, "4.4.6" },
    { "held", S, EXT, RECORD, PRI, "loop loop-hold", ACTION_HOLD, "loop", 0, NULL },
    { "diverted", S, EXT, RECORD, PRI, "loop loop-divert", ACTION_LOOP_MAILBOX, "loop", 0, NULL },
    { "nowhere to divert", S, EXT, RECORD, PRI, "loop loop-divert no-mailbox", ACTION_HOLD, "loop",
      0, NULL },
    { "looping bounce", S, EXT, RECORD, PRI, "loop null", ACTION_HOLD, "loop", 0, NULL },
    { "looping machine", S, EXT, RECORD, PRI, "loop auto loop-defer", ACTION_HOLD, "loop", 0, NULL },
    { "partial", S, EXT, RECORD, PRI, "loop others", ACTION_LOOP_MAILBOX, "loop", 0, NULL },
    { "partial hold", S, EXT, RECORD, PRI, "loop others no-mailbox", ACTION_HOLD, "loop", 0, NULL },
    { "suspect", S, EXT, RECORD, PRI, "suspect", ACTION_DIVERT, "home-peer", 0, NULL },
    { "hops", S, EXT, RECORD, SEC, "hops", ACTION_REJECT, "hops", 550, "5.4.6" },
    { "not our loop", S, EXT, NOT_OURS, UNSET, "loop", ACTION_LEAVE, "not-ours", 0, NULL },
    { "moving loop", S, EXT, RECORD, MOVING, "loop", ACTION_DEFER, "moving", 451, "4.2.1" },

    { "flipped, here", S, EXT, RECORD, SEC, "map unsettled", ACTION_DEFER, "settling", 451, "4.2.1" },
    { "flipped, there", S, EXT, RECORD, PRI, "map no-route unsettled", ACTION_DEFER, "settling", 451, "4.2.1" },
    { "flipped, to a route", S, EXT, RECORD, PRI, "map unsettled", ACTION_DIVERT, "home-peer", 0, NULL },
    { "flipped, from the peer", S, PEER, RECORD, SEC, "map unsettled null", ACTION_DEFER, "settling", 451, "4.2.1" },
    { "flipped, looping", S, PEER, RECORD, SEC, "map unsettled loop", ACTION_DEFER, "settling", 451, "4.2.1" },
    { "flipped, conflict", S, PEER, RECORD, PRI, "map unsettled", ACTION_DEFER, "conflict", 451, "4.4.6" },

    { "unknown", P, EXT, NONE, UNSET, "", ACTION_REJECT, "unknown-user", 550, "5.1.1" },
    { "unknown bounce", P, EXT, NONE, UNSET, "null", ACTION_REJECT, "unknown-user", 550, "5.1.1" },
    { "unknown to the peer", P, PEER, NONE, UNSET, "", ACTION_REJECT, "unknown-user", 550, "5.1.1" },
    { "unknown, remembered", P, EXT, NONE, UNSET, "stale", ACTION_DEFER, "state-down", 451, "4.4.3" },
    { "unknown among others", P, EXT, NONE, UNSET, "others", ACTION_HERE, "unknown-user", 0, NULL },
    { "primary, at home", P, PEER, RECORD, PRI, "", ACTION_HERE, "home-here", 0, NULL },
    { "primary, at the peer", P, EXT, RECORD, SEC, "", ACTION_DIVERT, "home-peer", 0, NULL },
    { "primary, conflict", P, PEER, RECORD, SEC, "", ACTION_DEFER, "conflict", 451, "4.4.6" },
    { "no authority", P, PEER, NONE, SEC, "", ACTION_DEFER, "conflict", 451, "4.4.6" },
    { "primary, default here", P, PEER, NONE, PRI, "", ACTION_HERE, "default", 0, NULL },
};
/* clang-format on */

/* Sets what one word of `with` stands for. */
static void take_word(struct span word, struct decision_input *in)
{
    const struct {
        const char *word;
        bool *flag;
        bool value;
    } flags[] = {
        { "no-route", &in->has_route, false },
        { "map", &in->maps, true },
        { "null", &in->null_sender, true },
        { "auto", &in->auto_submitted, true },
        { "imip", &in->imip, true },
        { "stale", &in->stale, true },
        { "unsettled", &in->unsettled, true },
        { "others", &in->alone, false },
        { "no-mailbox", &in->has_loop_mailbox, false },
    };
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (span_eq(word, span_of(flags[i].word))) {
            *flags[i].flag = flags[i].value;
            return;
        }
    if (span_eq(word, SPAN_LIT("loop")))
        in->loop = LOOP_PINGPONG;
    else if (span_eq(word, SPAN_LIT("suspect")))
        in->loop = LOOP_SUSPECT;
    else if (span_eq(word, SPAN_LIT("hops")))
        in->loop = LOOP_HOPS;
    else if (span_eq(word, SPAN_LIT("cal-secondary")))
        in->calendar = HOME_SECONDARY;
    else if (span_istarts(word, SPAN_LIT("conflict-")))
        ck_assert(on_conflict_parse(span_from(word, strlen("conflict-")), &in->on_conflict));
    else if (span_istarts(word, SPAN_LIT("loop-")))
        ck_assert(on_loop_parse(span_from(word, strlen("loop-")), &in->on_loop));
    else
        ck_abort_msg("what is '%.*s'?", SPAN_ARG(word));
}

static struct decision decide(const struct named *n)
{
    struct decision_input in = {
        .node = n->node,
        .origin = n->origin,
        .state = n->state,
        .home = n->home,
        .has_route = true,
        .mode = MODE_ENFORCE,
        .alone = true,
        .has_loop_mailbox = true,
    };
    struct span rest = span_of(n->with), word;
    while (span_split(&rest, ' ', &word))
        if (word.n > 0)
            take_word(word, &in);
    return decision_make(&in);
}

START_TEST(named_rows_have_their_replies)
{
    const struct named *n = &named[_i];
    struct decision d = decide(n);
    struct reply_code reply = decision_reply(&d);
    ck_assert_msg(d.action == n->action, "%s: got %s, want %s", n->what, action_name(d.action),
                  action_name(n->action));
    ck_assert_msg(strcmp(reason_name(d.reason), n->reason) == 0, "%s: got %s, want %s", n->what,
                  reason_name(d.reason), n->reason);
    ck_assert_msg(reply.code == n->code, "%s: got %d, want %d", n->what, reply.code, n->code);
    ck_assert_pstr_eq(reply.status, n->status);
    ck_assert(!d.observed);
}
END_TEST

START_TEST(actions_and_reasons_have_names)
{
    static const char *const actions[] = { "leave", "here",   "divert", "both",
                                           "defer", "reject", "hold",   "loop-mailbox" };
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        ck_assert_str_eq(action_name((enum action)i), actions[i]);
    ck_assert_str_eq(action_name((enum action)COUNT_OF(actions)), "?");
    for (size_t i = 0; i < REASON_COUNT; i++) {
        const char *name = reason_name((enum reason)i);
        ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
        ck_assert_uint_gt(strlen(name), 3);
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(name, reason_name((enum reason)j));
    }
    ck_assert_str_eq(reason_name((enum reason)REASON_COUNT), "?");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("decision table");
    TCase *tc = tcase_create("decision table");
    tcase_add_loop_test(tc, named_rows_have_their_replies, 0, COUNT_OF(named));
    tcase_add_test(tc, actions_and_reasons_have_names);
    suite_add_tcase(suite, tc);
    return suite;
}
