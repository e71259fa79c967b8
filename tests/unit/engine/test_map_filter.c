#include "tests/support/map_scene.h"

#include <stdio.h>
#include <string.h>

#include "engine/recipient.h"
#include "tests/support/unit.h"

/* The map and the filter decide about the same recipients: whatever the records and the policy say,
 * the one must not undo what the other has done. */

static const char *const domains[] = { "plain.example", "own.example", "open.example",
                                       "example.com", "watched.example" };
static const char *const records[] = { "",
                                       "home=primary",
                                       "home=secondary",
                                       "home=both",
                                       "home=moving",
                                       "home=x",
                                       "home=primary route=b@x.example",
                                       "home=both route=b@x.example",
                                       "home=secondary route=b@x.example",
                                       "alias=c@x.example",
                                       "note=hello" };

struct meeting {
    struct engine_fixture f;
    enum system node;
    char user[64];
    char transport[MAP_REPLY_MAX + 1];
    bool lacks_copy;
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static const char *hop(enum system s)
{
    return s == SYSTEM_PRIMARY ? "OK " MAP_PRIMARY_HOP : "OK " MAP_SECONDARY_HOP;
}

/* NULL, or what is wrong with the map's answer. */
static const char *contradiction(const struct meeting *m, const struct recipient *r,
                                 enum origin origin)
{
    const char *own = hop(m->node), *peer = hop(system_other(m->node));
    bool held = begins(m->transport, "OK retry:");
    if (r->decision.observed)
        return strcmp(m->transport, "NOTFOUND ") == 0 ? NULL : "observed, and not left alone";
    switch (r->decision.action) {
    case ACTION_HERE:
    case ACTION_BOTH:
        return strcmp(m->transport, own) == 0 ? NULL : "kept here, and sent elsewhere";
    case ACTION_DIVERT:
        return strcmp(m->transport, peer) == 0 ? NULL : "sent to the peer, and not by the map";
    case ACTION_REJECT:
        if (r->decision.reason == REASON_CONFLICT)
            return strcmp(m->transport, peer) == 0 ? NULL : "a conflict, and not at the peer";
        return begins(m->transport, "OK error:") ? NULL : "rejected, and taken by the map";
    case ACTION_DEFER:
        if (r->decision.reason == REASON_CONFLICT)
            return origin == ORIGIN_PEER ? NULL : "a conflict with nobody";
        return held || m->lacks_copy ? NULL : "deferred, and taken by the map";
    default:
        return "neither";
    }
}

static void meet(struct meeting *m, enum origin origin)
{
    struct recipient r;
    const struct surroundings around = { .origin = origin, .alone = true };
    ck_assert(recipient_init(&r, m->f.engine, span_of(m->user), SPAN_LIT("")));
    recipient_decide(&r, m->f.engine, &around);
    m->lacks_copy = r.decision.reason == REASON_NO_ROUTE && r.home == HOME_BOTH;
    const char *wrong = contradiction(m, &r, origin);
    ck_assert_msg(!wrong, "%s: from %s, %s is %s for %s, and the map says '%s'", wrong,
                  origin_name(origin), m->user, action_name(r.decision.action),
                  reason_name(r.decision.reason), m->transport);
    recipient_free(&r);
}

static void try_record(struct meeting *m, const char *domain, size_t record)
{
    snprintf(m->user, sizeof(m->user), "a%zu@%s", record, domain);
    map_scene_user(&m->f, m->user, records[record]);
    snprintf(m->transport, sizeof(m->transport), "%s", map_scene_look(&m->f, "transport", m->user));
    for (enum origin o = ORIGIN_LOCAL; o <= ORIGIN_EXTERNAL; o++)
        meet(m, o);
}

START_TEST(test_the_map_undoes_nothing)
{
    struct meeting m = { .node = _i % 2 ? SYSTEM_PRIMARY : SYSTEM_SECONDARY };
    map_scene_open(&m.f, m.node);
    m.f.engine->config->on_conflict = (enum on_conflict)(_i / 2);
    for (size_t d = 0; d < COUNT_OF(domains); d++)
        for (size_t r = 0; r < COUNT_OF(records); r++)
            try_record(&m, domains[d], r);
    engine_fixture_close(&m.f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

/* What the map said of a user, what the record is made then, and what the filter makes of it while
 * Postfix may still use the map's answer. */
static const struct flip {
    const char *domain, *asked, *flipped;
    enum origin origin;
    const char *reason;
} flips[] = {
    { "plain.example", "home=primary", "home=secondary", ORIGIN_EXTERNAL, "settling" },
    { "plain.example", "home=secondary", "home=primary", ORIGIN_EXTERNAL, "settling" },
    { "plain.example", "home=secondary", "home=primary", ORIGIN_LOCAL, "settling" },
    { "plain.example", "home=primary", "home=secondary", ORIGIN_PEER, "settling" },
    { "plain.example", "home=secondary", "home=primary", ORIGIN_PEER, "conflict" },
    { "plain.example", "home=primary", "home=primary note=x", ORIGIN_EXTERNAL, "home-peer" },
    { "plain.example", "home=moving", "home=secondary", ORIGIN_EXTERNAL, "home-here" },
    { "plain.example", "home=moving", "home=primary", ORIGIN_EXTERNAL, "home-peer" },
    { "plain.example", "home=x", "home=primary", ORIGIN_EXTERNAL, "home-peer" },
    { "plain.example", "home=primary", "home=moving", ORIGIN_EXTERNAL, "moving" },
    { "plain.example", "home=primary", "home=x", ORIGIN_EXTERNAL, "bad-record" },
    { "plain.example", "home=primary", "home=both", ORIGIN_PEER, "settling" },
    { "own.example", "home=both", "home=secondary", ORIGIN_EXTERNAL, "home-here" },
    /* It gets its route for address, of which the map says nothing. */
    { "example.com", "home=secondary", "home=primary", ORIGIN_EXTERNAL, "home-peer" },
    { "example.com", "home=primary", "home=secondary", ORIGIN_EXTERNAL, "settling" },
    { "watched.example", "home=primary", "home=secondary", ORIGIN_EXTERNAL, "home-here" },
};

static const char *decided(struct meeting *m, enum origin origin)
{
    struct recipient r;
    const struct surroundings around = { .origin = origin, .alone = true };
    ck_assert(recipient_init(&r, m->f.engine, span_of(m->user), SPAN_LIT("")));
    recipient_decide(&r, m->f.engine, &around);
    const char *reason = reason_name(r.decision.reason);
    recipient_free(&r);
    return reason;
}

START_TEST(test_what_is_flipped_waits_until_postfix_has_forgotten)
{
    const struct flip *flip = &flips[_i];
    struct meeting m = { .node = SYSTEM_SECONDARY };
    map_scene_open(&m.f, m.node);
    snprintf(m.user, sizeof(m.user), "a@%s", flip->domain);
    map_scene_user(&m.f, m.user, flip->asked);
    map_scene_look(&m.f, "transport", m.user);
    map_scene_user(&m.f, m.user, flip->flipped);
    const char *reason = decided(&m, flip->origin);
    ck_assert_msg(strcmp(reason, flip->reason) == 0, "%s, then %s: %s, not %s", flip->asked,
                  flip->flipped, reason, flip->reason);
    engine_fixture_close(&m.f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

/* Until the domain goes live, the map leaves its mail to Postfix. */
START_TEST(test_what_was_observed_went_postfix_s_own_way)
{
    struct meeting m = { .node = SYSTEM_SECONDARY, .user = "a@plain.example" };
    map_scene_open(&m.f, m.node);
    struct config_domain *d =
        (struct config_domain *)config_find_domain(m.f.engine->config, SPAN_LIT("plain.example"));
    map_scene_user(&m.f, m.user, "home=primary");
    d->mode = MODE_OBSERVE;
    ck_assert_str_eq(map_scene_look(&m.f, "transport", m.user), "NOTFOUND ");
    d->mode = MODE_ENFORCE;
    ck_assert_str_eq(decided(&m, ORIGIN_EXTERNAL), "settling");
    engine_fixture_close(&m.f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

/* The other tables, and a map that serves no next hops, leave nothing to remember. */
START_TEST(test_what_says_no_next_hop_leaves_nothing_to_forget)
{
    struct meeting m = { .node = SYSTEM_SECONDARY, .user = "a@plain.example" };
    map_scene_open(&m.f, m.node);
    map_scene_user(&m.f, m.user, "home=primary");
    map_scene_look(&m.f, "recipients", m.user);
    map_scene_look(&m.f, "alias", m.user);
    map_scene_user(&m.f, m.user, "home=secondary");
    ck_assert_str_eq(decided(&m, ORIGIN_EXTERNAL), "home-here");
    map_scene_look(&m.f, "transport", m.user);
    map_scene_user(&m.f, m.user, "home=primary");
    ck_assert_str_eq(decided(&m, ORIGIN_EXTERNAL), "settling");
    free(m.f.engine->config->maps);
    m.f.engine->config->maps = NULL;
    map_scene_user(&m.f, m.user, "route=b@x.example");
    ck_assert_str_eq(decided(&m, ORIGIN_EXTERNAL), "home-peer");
    engine_fixture_close(&m.f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("map and filter");
    TCase *tc = tcase_create("map and filter");
    tcase_add_loop_test(tc, test_the_map_undoes_nothing, 0, 2 * (ON_CONFLICT_DELIVER + 1));
    tcase_add_loop_test(tc, test_what_is_flipped_waits_until_postfix_has_forgotten, 0,
                        (int)COUNT_OF(flips));
    tcase_add_test(tc, test_what_was_observed_went_postfix_s_own_way);
    tcase_add_test(tc, test_what_says_no_next_hop_leaves_nothing_to_forget);
    suite_add_tcase(suite, tc);
    return suite;
}
