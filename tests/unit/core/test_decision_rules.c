#include "tests/support/unit.h"

#include <string.h>

#include "core/decision_rules.h"
#include "tests/unit/core/decision_product.h"

/* NULL, or what is wrong with the list of rules. */
static const char *fault_of(const struct weighing *w)
{
    if (w->rules == 0 || w->rules > WEIGHED_MAX || w->decided >= w->rules)
        return "the rule that decides is none of them";
    for (size_t i = 0; i < w->rules; i++) {
        const struct weighed *r = &w->rule[i];
        if (r->whys == 0 || r->whys > WEIGHED_WHYS_MAX)
            return "a rule without a reason why";
        if (!r->applies && r->whys != 1)
            return "a rule that does not apply for several reasons";
        if (r->applies && !r->named)
            return "a rule that applies and says nothing";
        if (r->applies && i > w->decided)
            return "a rule applies after the one that decides";
    }
    return w->rule[w->decided].applies ? NULL : "the rule that decides does not apply";
}

static void check(const struct decision_input *in)
{
    struct weighing w;
    struct decision d = decision_make(in);
    decision_weigh(in, &w);
    const char *fault = fault_of(&w);
    const struct weighed *by = &w.rule[w.decided];
    if (!fault && by->action == d.action && by->reason == d.reason &&
        w.decision.action == d.action && w.decision.reason == d.reason &&
        w.decision.route == d.route && w.decision.observed == d.observed)
        return;
    ck_abort_msg("%s: node=%s origin=%s state=%d home=%s stale=%d route=%d maps=%d loop=%s "
                 "alone=%d: rule %s gives %s/%s, want %s/%s",
                 fault ? fault : "another decision", system_name(in->node), origin_name(in->origin),
                 in->state, home_name(in->home), in->stale, in->has_route, in->maps,
                 loop_verdict_name(in->loop), in->alone, by->rule, action_name(by->action),
                 reason_name(by->reason), action_name(d.action), reason_name(d.reason));
}

/* Where the program is watched, one input of so many: a prime, so that each value of each part of
 * the input comes with each other. */
#define STRIDE_WATCHED 31

/* One of NODES; in all of them together each input stands once. */
START_TEST(the_rule_that_decides_gives_the_decision)
{
    struct decision_input in = { .node = (enum system)(_i % 2), .origin = (enum origin)(_i / 2) };
    unsigned stride = unit_is_watched() ? STRIDE_WATCHED : 1;
    unsigned long weighed = 0;
    for (unsigned s = 0; s < STATES; s++) {
        fill_state(s, &in);
        for (unsigned rest = s % stride; rest < OF_ONE_STATE; rest += stride) {
            fill_rest(rest, &in);
            check(&in);
            weighed++;
        }
    }
    ck_assert_uint_ge(weighed * stride, PRODUCT / NODES - STATES * stride);
}
END_TEST

/* Which rules are told, in their order, with a mark for those that apply and the last reason. */
struct told {
    const char *what;
    struct decision_input in;
    const char *rules;
    const char *why;
};

#define S .node = SYSTEM_SECONDARY, .mode = MODE_ENFORCE
#define P .node = SYSTEM_PRIMARY, .mode = MODE_ENFORCE
#define PEER .origin = ORIGIN_PEER
#define EXTERNAL .origin = ORIGIN_EXTERNAL

static const struct told told[] = {
    { "not ours",
      { S, EXTERNAL, .state = STATE_NOT_OURS },
      "not-ours+",
      "its domain is not in the configuration" },
    { "at home",
      { S, EXTERNAL, .home = HOME_SECONDARY },
      "not-ours bad-record state-down breaker unknown-user moving split-horizon home-here+ "
      "no-route settling loop",
      "a record says its home; its home is this node's system" },
    { "a conflict",
      { S, PEER, .home = HOME_PRIMARY, .alone = true },
      "not-ours bad-record state-down breaker unknown-user moving split-horizon home-here "
      "authority default conflict:here conflict:loop-mailbox conflict:hold conflict:hold "
      "conflict:reject conflict:defer+ no-route settling loop",
      "the message comes from the peer; its home is the peer's system" },
    { "no way, so that a loop does not matter",
      { S, EXTERNAL, .home = HOME_PRIMARY, .loop = LOOP_PINGPONG },
      "not-ours bad-record state-down breaker unknown-user moving split-horizon home-here "
      "authority default conflict calendar dual home-peer+ no-route+ loop",
      "it is to be sent to the peer; no address for it there is known" },
    { "flipped just now",
      { S, EXTERNAL, .home = HOME_SECONDARY, .maps = true, .unsettled = true },
      "not-ours bad-record state-down breaker unknown-user moving split-horizon home-here+ "
      "no-route settling+ loop",
      "it would go on; the map has said another way within half a minute; it would go where the "
      "map says" },
    { "flipped just now, and sent to its route",
      { S, EXTERNAL, .home = HOME_PRIMARY, .has_route = true, .maps = true, .unsettled = true },
      "not-ours bad-record state-down breaker unknown-user moving split-horizon home-here "
      "authority default conflict calendar dual home-peer+ no-route settling loop",
      "a record says its home; its home is the peer's system" },
    { "a loop",
      { S, EXTERNAL, .home = HOME_SECONDARY, .loop = LOOP_HOPS, .alone = true,
        .null_sender = true },
      "not-ours bad-record state-down breaker unknown-user moving split-horizon home-here+ "
      "no-route settling loop:loop-mailbox loop:hold loop:hold+",
      "it would go on; a loop is proven; on_loop is hold, or its sender is null or a machine" },
    { "an unknown user",
      { P, EXTERNAL, .state = STATE_DEFAULT, .alone = true },
      "not-ours bad-record state-down breaker unknown-user:defer unknown-user:reject+ no-route "
      "settling loop",
      "neither a record nor a default says where it lives; this node is of the primary system, the "
      "authority; it can be answered by itself" },
};

static void write_rules(const struct weighing *w, struct buf *out)
{
    static const char *const several[] = { "conflict", "loop", "unknown-user", "calendar" };
    for (size_t i = 0; i < w->rules; i++) {
        const struct weighed *r = &w->rule[i];
        buf_addf(out, "%s%s", i ? " " : "", r->rule);
        for (size_t k = 0; k < COUNT_OF(several); k++)
            if (r->named && strcmp(r->rule, several[k]) == 0)
                buf_addf(out, ":%s", action_name(r->action));
        buf_adds(out, r->applies ? "+" : "");
    }
}

START_TEST(rules_are_told_in_their_order)
{
    const struct told *t = &told[_i];
    struct weighing w;
    struct buf rules, why;
    buf_init(&rules, 4096);
    buf_init(&why, 4096);
    decision_weigh(&t->in, &w);
    write_rules(&w, &rules);
    const struct weighed *by = &w.rule[w.decided];
    for (size_t i = 0; i < by->whys; i++)
        buf_addf(&why, "%s%s", i ? "; " : "", by->why[i]);
    ck_assert_msg(strcmp(buf_text(&rules), t->rules) == 0, "%s: got %s", t->what, buf_text(&rules));
    ck_assert_msg(strcmp(buf_text(&why), t->why) == 0, "%s: got %s", t->what, buf_text(&why));
    buf_free(&rules);
    buf_free(&why);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("decision rules");
    TCase *tc = tcase_create("decision rules");
    tcase_add_loop_test(tc, the_rule_that_decides_gives_the_decision, 0, NODES);
    tcase_add_loop_test(tc, rules_are_told_in_their_order, 0, COUNT_OF(told));
    suite_add_tcase(suite, tc);
    return suite;
}
