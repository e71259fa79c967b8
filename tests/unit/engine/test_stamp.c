#include "tests/support/unit.h"

#include <string.h>

#include "engine/stamp.h"
#include "tests/support/engine_fixture.h"
#include "tests/unit/core/trace_sample.h"

#define RECIPIENTS_MAX 6
#define FRESH "freshid0001"
#define MESSAGE_ID "<1@example.com>"

static struct config config = { .node = SYSTEM_SECONDARY, .name = (char[]){ "s.example.net" } };
static struct keyring ring;
static struct engine engine = { .config = &config, .keys = &ring };
static struct facts facts;
static struct path path;
static struct recipient recipient[RECIPIENTS_MAX];
static size_t recipients;
static struct verdict verdict;

static void setup(void)
{
    sample_ring(&ring);
    path = (struct path){ .visit = { { SYSTEM_SECONDARY, PATH_NO_HOP, PATH_NO_HOP },
                                     { SYSTEM_PRIMARY, 0, 0 },
                                     { SYSTEM_SECONDARY, 1, 1 } },
                          .visits = 3,
                          .crossings = 2,
                          .external = true };
    facts_header(&facts, &engine, SPAN_LIT("Message-ID"), SPAN_LIT(MESSAGE_ID));
}

static void teardown(void)
{
    facts_free(&facts);
    verdict_free(&verdict);
    fixture_text(NULL);
    while (recipients > 0)
        recipient_free(&recipient[--recipients]);
}

/* A recipient decided so; mailbox: what it is an alias of, or NULL. */
static struct recipient *add(const char *text, const char *mailbox, enum action action,
                             enum action route, enum reason reason)
{
    ck_assert_uint_lt(recipients, RECIPIENTS_MAX);
    struct recipient *r = &recipient[recipients++];
    *r = (struct recipient){ .text = strdup(text), .params = strdup("") };
    r->mailbox = mailbox ? strdup(mailbox) : NULL;
    r->decision = (struct decision){ action, reason, route, false };
    r->loop = (struct loop){ LOOP_NONE, 0, 1 };
    ck_assert_int_eq(address_parse(span_of(text), &r->address), RESULT_OK);
    return r;
}

static void stamp(void)
{
    struct stamp s = {
        .engine = &engine,
        .facts = &facts,
        .path = &path,
        .recipient = recipient,
        .recipients = recipients,
        .origin = ORIGIN_PEER,
        .now = 1732212345,
        .fresh_id = SPAN_LIT(FRESH),
    };
    stamp_insert(&s, &verdict);
    ck_assert(!verdict.failed);
}

/* The trace that has been stamped; the caller frees it. */
static struct trace stamped_trace(void)
{
    struct trace t;
    const char *value = fixture_inserted(&verdict, "X-Coexist-Trace");
    ck_assert_ptr_nonnull(value);
    ck_assert_int_eq(trace_read(span_of(value), &ring, &t), TRACE_VALID);
    return t;
}

/* `p`, `h` and `w`, as far as the lists of the trace hold that recipient. */
static const char *listed(const struct trace *t, const char *who)
{
    static char found[4];
    size_t n = 0;
    const struct key *key = keyring_find(&ring, t->key_name);
    if (trace_lists(t, t->to_peer, key, span_of(who)))
        found[n++] = 'p';
    if (trace_lists(t, t->kept, key, span_of(who)))
        found[n++] = 'h';
    if (trace_lists(t, t->would_go, key, span_of(who)))
        found[n++] = 'w';
    found[n] = '\0';
    return found;
}

START_TEST(the_fields_stand_on_top_in_their_order)
{
    struct recipient *r = add("<foo@d>", NULL, ACTION_HERE, ACTION_HERE, REASON_HOME_HERE);
    r->loop = (struct loop){ LOOP_SUSPECT, LOOP_BY_RECEIVED, 2 };
    stamp();
    /* What is inserted last stands first. */
    ck_assert_str_eq(fixture_text(&verdict),
                     "insert X-Coexist-Loop: verdict=suspect; passes=2; evidence=received; "
                     "path=S<P<S<external\n"
                     "insert X-Coexist-Route: node=s.example.net; route=here; reason=home-here\n"
                     "insert X-Coexist-Trace\n");
}
END_TEST

START_TEST(a_first_trace_begins_a_journey)
{
    add("<foo@d>", NULL, ACTION_HERE, ACTION_HERE, REASON_HOME_HERE);
    stamp();
    struct trace t = stamped_trace();
    ck_assert_uint_eq(t.pass, 1);
    unit_assert_span(t.id, FRESH, "id");
    unit_assert_span(t.node, "s.example.net", "node");
    unit_assert_span(t.key_name, "2026a", "the first key signs");
    ck_assert_int_eq(t.system, SYSTEM_SECONDARY);
    ck_assert_int_eq(t.origin, ORIGIN_PEER);
    ck_assert_int_eq(t.time, 1732212345);
    struct token token =
        token_make(&ring.key[0], t.id, TOKEN_JOURNEY, SPAN_LIT(MESSAGE_ID "\n\n\n\n"));
    unit_assert_span(t.journey, token.text, "journey");
    trace_free(&t);
    ck_assert(!verdict.untraced);
}
END_TEST

/* One after the other, as if the message came again with the trace that it got before. */
START_TEST(later_traces_go_on_with_it)
{
    add("<foo@d>", NULL, ACTION_HERE, ACTION_HERE, REASON_HOME_HERE);
    for (unsigned pass = 1; pass <= 4; pass++) {
        stamp();
        struct trace t = stamped_trace();
        ck_assert_uint_eq(t.pass, pass);
        unit_assert_span(t.id, FRESH, "id");
        trace_free(&t);
        struct facts next = { 0 };
        facts_header(&next, &engine, SPAN_LIT("X-Coexist-Trace"),
                     span_of(fixture_inserted(&verdict, "X-Coexist-Trace")));
        facts_header(&next, &engine, SPAN_LIT("Message-ID"), SPAN_LIT(MESSAGE_ID));
        facts_finish(&next, &ring);
        ck_assert_uint_eq(next.traces, 1);
        facts_free(&facts);
        facts = next;
        verdict_free(&verdict);
    }
}
END_TEST

static struct trace *one_trace(unsigned pass)
{
    struct trace *t = calloc(1, sizeof(*t));
    ck_assert_ptr_nonnull(t);
    *t = (struct trace){ .pass = pass, .id = SPAN_LIT("anid") };
    return t;
}

START_TEST(the_count_of_passes_ends)
{
    facts.traces = 1;
    facts.trace = one_trace(TRACE_PASSES_MAX);
    add("<foo@d>", NULL, ACTION_HERE, ACTION_HERE, REASON_HOME_HERE);
    stamp();
    struct trace t = stamped_trace();
    ck_assert_uint_eq(t.pass, TRACE_PASSES_MAX);
    unit_assert_span(t.id, "anid", "id");
    trace_free(&t);
}
END_TEST

/* An earlier journey's traces count for nothing here. */
START_TEST(another_journey_has_another_id)
{
    facts.others = 1;
    facts.other = one_trace(7);
    add("<foo@d>", NULL, ACTION_HERE, ACTION_HERE, REASON_HOME_HERE);
    stamp();
    struct trace t = stamped_trace();
    ck_assert_uint_eq(t.pass, 1);
    unit_assert_span(t.id, FRESH, "id");
    trace_free(&t);
}
END_TEST

static const struct {
    enum action action, route;
    bool observed;
    const char *lists;
} listings[] = {
    { ACTION_HERE, ACTION_HERE, false, "h" },
    { ACTION_DIVERT, ACTION_DIVERT, false, "p" },
    { ACTION_BOTH, ACTION_BOTH, false, "ph" },
    { ACTION_HOLD, ACTION_HERE, false, "h" },
    { ACTION_HOLD, ACTION_DIVERT, false, "p" },
    { ACTION_HOLD, ACTION_BOTH, false, "ph" },
    { ACTION_LOOP_MAILBOX, ACTION_DIVERT, false, "" },
    { ACTION_LOOP_MAILBOX, ACTION_HERE, false, "" },
    { ACTION_LEAVE, ACTION_LEAVE, false, "" },
    { ACTION_HERE, ACTION_HERE, true, "h" },
    { ACTION_DIVERT, ACTION_DIVERT, true, "w" },
    { ACTION_REJECT, ACTION_DIVERT, true, "w" },
    { ACTION_DEFER, ACTION_HERE, true, "h" },
};

START_TEST(each_recipient_is_listed_where_it_went)
{
    add("<FOO@D>", NULL, listings[_i].action, listings[_i].route, REASON_DEFAULT)
        ->decision.observed = listings[_i].observed;
    add("<Bar@d>", "box@d", listings[_i].action, listings[_i].route, REASON_DEFAULT)
        ->decision.observed = listings[_i].observed;
    add("<her@d>", NULL, ACTION_HERE, ACTION_HERE, REASON_HOME_HERE);
    stamp();
    struct trace t = stamped_trace();
    ck_assert_str_eq(listed(&t, "foo@d"), listings[_i].lists);
    ck_assert_str_eq(listed(&t, "bar@d"), listings[_i].lists);
    ck_assert_str_eq(listed(&t, "box@d"), listings[_i].lists);
    ck_assert_str_eq(listed(&t, "her@d"), "h");
    ck_assert_str_eq(listed(&t, "him@d"), "");
    trace_free(&t);
}
END_TEST

START_TEST(who_is_not_ours_gets_no_stamp)
{
    add("<foo@elsewhere>", NULL, ACTION_LEAVE, ACTION_LEAVE, REASON_NOT_OURS);
    stamp();
    ck_assert_uint_eq(verdict.edits, 0);
}
END_TEST

/* Ways, reasons and what the field says of them; `!` in a way: observed. */
static const struct {
    const char *ways;
    const char *field;
} routes[] = {
    { "here", "route=here; reason=home-here" },
    { "peer", "route=peer; reason=home-peer" },
    { "both", "route=mixed; reason=dual" },
    { "here peer", "route=mixed; reason=home-here,home-peer" },
    { "peer here peer", "route=mixed; reason=home-peer,home-here" },
    { "here leave", "route=here; reason=home-here" },
    { "loop", "route=loop-mailbox; reason=loop" },
    { "loop here", "route=here; reason=loop,home-here" },
    { "loop peer", "route=peer; reason=loop,home-peer" },
    { "hold", "route=hold; reason=conflict" },
    { "here hold", "route=hold; reason=home-here,conflict" },
    { "peer!", "route=peer; reason=home-peer; mode=observe" },
    { "hold!", "route=here; reason=conflict; mode=observe" },
    { "loop!", "route=peer; reason=loop; mode=observe" },
    { "peer! here", "route=mixed; reason=home-peer,home-here; mode=observe" },
};

static void add_way(struct span way)
{
    static const struct {
        const char *way;
        enum action action, route;
        enum reason reason;
    } ways[] = {
        { "here", ACTION_HERE, ACTION_HERE, REASON_HOME_HERE },
        { "peer", ACTION_DIVERT, ACTION_DIVERT, REASON_HOME_PEER },
        { "both", ACTION_BOTH, ACTION_BOTH, REASON_DUAL },
        { "leave", ACTION_LEAVE, ACTION_LEAVE, REASON_NOT_OURS },
        { "loop", ACTION_LOOP_MAILBOX, ACTION_DIVERT, REASON_LOOP },
        { "hold", ACTION_HOLD, ACTION_HERE, REASON_CONFLICT },
    };
    size_t i = 0;
    bool observed = way.p[way.n - 1] == '!';
    way.n -= observed;
    while (!span_eq(way, span_of(ways[i].way)))
        ck_assert_uint_lt(++i, COUNT_OF(ways));
    add("<foo@d>", NULL, ways[i].action, ways[i].route, ways[i].reason)->decision.observed =
        observed;
}

START_TEST(the_route_is_told)
{
    char want[200] = "node=s.example.net; ";
    struct span rest = span_of(routes[_i].ways), way;
    while (span_split(&rest, ' ', &way))
        add_way(way);
    stamp();
    strcat(want, routes[_i].field);
    ck_assert_str_eq(fixture_inserted(&verdict, "X-Coexist-Route"), want);
}
END_TEST

#define PATH "; path=S<P<S<external"

/* Of up to two recipients: loop verdict, evidence, passes, whether in conflict. */
static const struct {
    struct told {
        enum loop_verdict verdict;
        unsigned evidence, passes;
        bool conflict;
    } told[2];
    const char *field; /* NULL: there is none */
} loops[] = {
    { { { LOOP_NONE, 0, 1, false }, { LOOP_NONE, 0, 1, false } }, NULL },
    { { { LOOP_SUSPECT, LOOP_BY_RECEIVED, 2, false }, { LOOP_NONE, 0, 1, false } },
      "verdict=suspect; passes=2; evidence=received" PATH },
    { { { LOOP_PINGPONG, LOOP_BY_TRACE, 2, false }, { LOOP_NONE, 0, 1, false } },
      "verdict=pingpong; passes=2; evidence=trace" PATH },
    { { { LOOP_NONE, 0, 1, false }, { LOOP_PINGPONG, LOOP_BY_TRACE | LOOP_BY_RECEIVED, 3, false } },
      "verdict=pingpong; passes=3; evidence=trace,received" PATH },
    { { { LOOP_SUSPECT, LOOP_BY_RECEIVED, 4, false }, { LOOP_PINGPONG, LOOP_BY_TRACE, 2, false } },
      "verdict=pingpong; passes=4; evidence=trace,received" PATH },
    { { { LOOP_HOPS, LOOP_BY_HOPS, 1, false }, { LOOP_PINGPONG, LOOP_BY_TRACE, 2, false } },
      "verdict=pingpong; passes=2; evidence=trace,hops" PATH },
    { { { LOOP_PINGPONG, LOOP_BY_TRACE, 2, false }, { LOOP_HOPS, LOOP_BY_HOPS, 1, false } },
      "verdict=pingpong; passes=2; evidence=trace,hops" PATH },
    { { { LOOP_SUSPECT, LOOP_BY_RECEIVED, 2, false }, { LOOP_HOPS, LOOP_BY_HOPS, 1, false } },
      "verdict=hops; passes=2; evidence=received,hops" PATH },
    { { { LOOP_NONE, 0, 1, true }, { LOOP_NONE, 0, 1, false } },
      "verdict=conflict; passes=1; evidence=conflict" PATH },
    { { { LOOP_SUSPECT, LOOP_BY_RECEIVED, 2, true }, { LOOP_NONE, 0, 1, false } },
      "verdict=conflict; passes=2; evidence=conflict,received" PATH },
    { { { LOOP_PINGPONG, LOOP_BY_TRACE, 2, true }, { LOOP_NONE, 0, 1, false } },
      "verdict=pingpong; passes=2; evidence=conflict,trace" PATH },
};

START_TEST(the_loop_is_told)
{
    for (size_t i = 0; i < 2; i++) {
        const struct told *t = &loops[_i].told[i];
        struct recipient *r = add("<foo@d>", NULL, ACTION_HERE, ACTION_HERE,
                                  t->conflict ? REASON_CONFLICT : REASON_HOME_HERE);
        r->loop = (struct loop){ t->verdict, t->evidence, t->passes };
    }
    /* Who is not ours does not count, whatever is said of it. */
    add("<x@y>", NULL, ACTION_LEAVE, ACTION_LEAVE, REASON_NOT_OURS)->loop =
        (struct loop){ LOOP_PINGPONG, LOOP_BY_HOPS, 9 };
    stamp();
    ck_assert_pstr_eq(fixture_inserted(&verdict, "X-Coexist-Loop"), loops[_i].field);
}
END_TEST

START_TEST(forged_fields_are_removed_from_the_last_on)
{
    static const char *const names[] = { "X-Coexist-Trace", "x-coexist-loop", "X-Coexist-Trace",
                                         "X-Coexist-Loop", "X-COEXIST-TRACE" };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        facts_header(&facts, &engine, span_of(names[i]), SPAN_LIT("forged"));
    facts_header(&facts, &engine, SPAN_LIT("X-Coexist-Trace"), SPAN_LIT("a good one"));
    facts_finish(&facts, &ring);
    facts.own[COUNT_OF(names)].trace = strdup("a good one");
    stamp_remove_forged(&facts, &verdict);
    ck_assert_str_eq(fixture_text(&verdict), "remove X-COEXIST-TRACE 3\nremove X-Coexist-Loop 2\n"
                                             "remove X-Coexist-Trace 2\nremove x-coexist-loop 1\n"
                                             "remove X-Coexist-Trace 1\n");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("stamp");
    TCase *tc = tcase_create("stamp");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_fields_stand_on_top_in_their_order);
    tcase_add_test(tc, a_first_trace_begins_a_journey);
    tcase_add_test(tc, later_traces_go_on_with_it);
    tcase_add_test(tc, the_count_of_passes_ends);
    tcase_add_test(tc, another_journey_has_another_id);
    tcase_add_loop_test(tc, each_recipient_is_listed_where_it_went, 0, COUNT_OF(listings));
    tcase_add_test(tc, who_is_not_ours_gets_no_stamp);
    tcase_add_loop_test(tc, the_route_is_told, 0, COUNT_OF(routes));
    tcase_add_loop_test(tc, the_loop_is_told, 0, COUNT_OF(loops));
    tcase_add_test(tc, forged_fields_are_removed_from_the_last_on);
    suite_add_tcase(suite, tc);
    return suite;
}
