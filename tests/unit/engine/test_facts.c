#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "engine/facts.h"
#include "tests/unit/core/trace_sample.h"

#define PROOF "X-Peer-Proof: a-long-secret"

static struct config config = { .node = SYSTEM_SECONDARY };
static struct engine engine = { .config = &config };
static struct keyring ring;
static struct facts facts;

static void setup(void)
{
    facts = (struct facts){ 0 };
    sample_ring(&ring);
    ck_assert(identify_parse(SPAN_LIT(PROOF), &engine.identify[SYSTEM_PRIMARY]));
}

static void teardown(void)
{
    facts_free(&facts);
    ck_assert(!facts.own && facts.owns == 0 && facts.hops == 0 && !facts.message_id);
    facts_free(&facts);
}

/* One field, name and value in blocks of exactly their size, gone when it has been read. */
static void give(const char *name, struct span value)
{
    struct span n = unit_exact(span_of(name)), v = unit_exact(value);
    facts_header(&facts, &engine, n, v);
    free((void *)n.p);
    free((void *)v.p);
}

static void give_text(const char *name, const char *value)
{
    give(name, span_of(value));
}

START_TEST(what_a_message_says_is_kept)
{
    give_text("Received", "from a by p.example.net; Tue, 21 Nov 2026 20:15:00 +0000");
    give_text("RECEIVED", "nonsense");
    give_text("received", "by s.example.net for <foo@example.com>;\r\n\tTue, 21 Nov 2026");
    give_text("Subject", "hello");
    give_text("message-id", "(x) <one@example.com>");
    give_text("Message-ID", "<two@example.com>");
    give_text("List-Id", "The list <l1.example.com>");
    give_text("Auto-Submitted", "auto-replied");
    give_text("Content-Type", "text/calendar; method=REQUEST");
    ck_assert_uint_eq(facts.hops, 3);
    ck_assert_uint_eq(facts.hops_total, 3);
    ck_assert_uint_eq(facts.hops_journey, 3);
    unit_assert_span(facts.hop[0].by, "p.example.net", "by of the newest");
    ck_assert(!facts.hop[1].parsed || !span_present(facts.hop[1].by));
    unit_assert_span(facts.hop[2].for_, "foo@example.com", "for of the oldest");
    ck_assert_str_eq(facts.message_id, "<one@example.com>");
    ck_assert_uint_eq(facts.lists, 1);
    ck_assert_str_eq(facts.list_id[0], "l1.example.com");
    ck_assert(facts.auto_submitted && facts.imip);
    ck_assert(!facts.resent && !facts.peer_identified && !facts.no_memory && !facts.too_many);
}
END_TEST

START_TEST(what_a_message_does_not_say_is_not_there)
{
    give_text("Auto-Submitted", "no");
    give_text("Content-Type", "text/calendar");
    give_text("X-Received", "by s.example.net");
    give_text("X-Message-ID", "<x@y>");
    give_text("X-Peer-Proof", "a-long-secre");
    give_text("XX-Coexist-Trace", "v=1");
    give_text("X-Coexist", "v=1");
    facts_finish(&facts, &ring);
    ck_assert(!facts.auto_submitted && !facts.imip && !facts.peer_identified && !facts.resent);
    ck_assert_uint_eq(facts.hops_total, 0);
    ck_assert_uint_eq(facts.owns, 0);
    ck_assert_uint_eq(facts.forged, 0);
    ck_assert_ptr_null(facts.message_id);
}
END_TEST

/* An answer of a machine stays one, whatever other fields say. */
START_TEST(a_claim_is_not_taken_back)
{
    give_text("Auto-Submitted", "auto-generated");
    give_text("Auto-Submitted", "no");
    give_text("Content-Type", "text/calendar; method=REQUEST");
    give_text("Content-Type", "text/plain");
    ck_assert(facts.auto_submitted && facts.imip);
}
END_TEST

/* Names as they came, and where each stands among those of its name, in any case. */
START_TEST(own_fields_have_the_index_that_the_mta_counts)
{
    static const struct {
        const char *name;
        unsigned index; /* 0: not to be removed */
    } rows[] = {
        { "X-Coexist-Trace", 1 }, { "X-Coexist-Route", 1 }, { "x-coexist-TRACE", 2 },
        { "Subject", 0 },         { "X-COEXIST-LOOP", 1 },  { "X-Coexist-Anything", 1 },
        { "X-Coexist-Route", 2 }, { "X-Coexist-Trace", 3 }, { "X-Coexist-", 1 },
        { "Received", 0 },        { "x-coexist-route", 3 }, { "x-coexist-anything", 2 },
    };
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        give_text(rows[i].name, "forged");
    facts_finish(&facts, &ring);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].index == 0)
            continue;
        ck_assert_str_eq(facts.own[n].name, rows[i].name);
        ck_assert_uint_eq(facts.own[n].index, rows[i].index);
        ck_assert_ptr_null(facts.own[n].trace);
        n++;
    }
    ck_assert_uint_eq(facts.owns, n);
    ck_assert_uint_eq(facts.forged, n);
}
END_TEST

START_TEST(the_proof_of_the_peer_is_a_secret)
{
    give_text("X-Peer-Proof", "another");
    give_text("x-peer-proof", " a-long-secret");
    give_text("X-Peer-Proof", "a-long-secret");
    facts_finish(&facts, &ring);
    ck_assert(facts.peer_identified);
    ck_assert_uint_eq(facts.owns, 2);
    ck_assert_str_eq(facts.own[0].name, "x-peer-proof");
    ck_assert_uint_eq(facts.own[0].index, 2);
    ck_assert_uint_eq(facts.own[1].index, 3);
    ck_assert_uint_eq(facts.forged, 0);
}
END_TEST

/* A proof that bears a name of ours stands among the others of that name. */
START_TEST(a_proof_of_our_name_is_counted_with_them)
{
    ck_assert(identify_parse(SPAN_LIT("X-Coexist-Peer: s"), &engine.identify[SYSTEM_PRIMARY]));
    give_text("X-Coexist-Peer", "guess");
    give_text("X-COEXIST-PEER", "s");
    give_text("X-Coexist-Peer", "guess");
    facts_finish(&facts, &ring);
    ck_assert(facts.peer_identified);
    ck_assert_uint_eq(facts.owns, 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(facts.own[i].index, i + 1);
    ck_assert_uint_eq(facts.forged, 2);
}
END_TEST

START_TEST(the_node_s_own_proof_proves_no_peer)
{
    engine.identify[SYSTEM_SECONDARY] = engine.identify[SYSTEM_PRIMARY];
    ck_assert(identify_parse(SPAN_ABSENT, &engine.identify[SYSTEM_PRIMARY]));
    give_text("X-Peer-Proof", "a-long-secret");
    ck_assert(!facts.peer_identified);
    ck_assert(identify_parse(SPAN_ABSENT, &engine.identify[SYSTEM_SECONDARY]));
}
END_TEST

START_TEST(hops_over_the_cap_are_counted)
{
    char value[64];
    for (unsigned i = 0; i < FACTS_HOPS_MAX + 100; i++) {
        snprintf(value, sizeof(value), "by h%u.example.net", i);
        give_text("Received", value);
    }
    ck_assert_uint_eq(facts.hops, FACTS_HOPS_MAX);
    ck_assert_uint_eq(facts.hops_total, FACTS_HOPS_MAX + 100);
    unit_assert_span(facts.hop[0].by, "h0.example.net", "the newest is kept");
    unit_assert_span(facts.hop[FACTS_HOPS_MAX - 1].by, "h127.example.net", "and so on");
}
END_TEST

START_TEST(own_fields_have_a_cap)
{
    for (unsigned i = 0; i < FACTS_OWN_MAX; i++)
        give_text("X-Coexist-Junk", "x");
    ck_assert(!facts.too_many);
    ck_assert_uint_eq(facts.own[FACTS_OWN_MAX - 1].index, FACTS_OWN_MAX);
    give_text("X-Coexist-Junk", "x");
    ck_assert(facts.too_many);
    ck_assert_uint_eq(facts.owns, FACTS_OWN_MAX);
}
END_TEST

START_TEST(the_names_of_own_fields_have_a_cap)
{
    char name[2001] = "X-Coexist-";
    memset(name + strlen(name), 'x', sizeof(name) - 1 - strlen(name));
    for (unsigned i = 0; i < FACTS_OWN_OCTETS / 2000; i++)
        give_text(name, "x");
    ck_assert(!facts.too_many);
    give_text(name, "x");
    ck_assert(facts.too_many);
}
END_TEST

START_TEST(long_values_are_cut)
{
    static char text[100000];
    memset(text, 'x', sizeof(text));
    text[0] = '<';
    text[sizeof(text) - 1] = '>';
    struct span value = { text, sizeof(text) };
    give("Message-ID", value);
    give("Resent-Message-ID", value);
    give("List-Id", value);
    give("Received", value);
    give("X-Coexist-Trace", value);
    ck_assert_uint_eq(strlen(facts.message_id), FACTS_VALUE_MAX);
    ck_assert_uint_eq(strlen(facts.resent_id), FACTS_VALUE_MAX);
    ck_assert_uint_eq(strlen(facts.list_id[0]), FACTS_VALUE_MAX);
    ck_assert_uint_eq(strlen(facts.received[0]), RECEIVED_MAX);
    ck_assert_ptr_null(facts.own[0].trace);
    struct buf journey;
    buf_init(&journey, FACTS_JOURNEY_MAX);
    facts_journey(&facts, true, &journey);
    ck_assert(buf_ok(&journey));
    buf_free(&journey);
}
END_TEST

START_TEST(the_longest_journey_fits)
{
    static char text[2 * FACTS_VALUE_MAX];
    memset(text, 'x', sizeof(text));
    struct span value = { text, sizeof(text) };
    give("Message-ID", value);
    give("Resent-Date", value);
    give("Resent-From", value);
    for (unsigned i = 0; i < FACTS_LISTS_MAX + 3; i++)
        give("List-Id", value);
    ck_assert_uint_eq(facts.lists, FACTS_LISTS_MAX);
    struct buf journey;
    buf_init(&journey, FACTS_JOURNEY_MAX);
    facts_journey(&facts, true, &journey);
    ck_assert(buf_ok(&journey));
    buf_free(&journey);
}
END_TEST

/* Hops older than a Resent block belong to another journey. */
START_TEST(a_resent_block_ends_the_hops_of_the_journey)
{
    give_text("Received", "by a.example.net");
    give_text("Received", "by b.example.net");
    give_text("Resent-To", "x@example.com");
    give_text("Received", "by c.example.net");
    give_text("Resent-To", "y@example.com");
    give_text("Received", "by d.example.net");
    ck_assert(facts.resent);
    ck_assert_uint_eq(facts.hops_journey, 2);
    ck_assert_uint_eq(facts.hops_total, 4);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("facts");
    TCase *tc = tcase_create("facts");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_a_message_says_is_kept);
    tcase_add_test(tc, what_a_message_does_not_say_is_not_there);
    tcase_add_test(tc, a_claim_is_not_taken_back);
    tcase_add_test(tc, own_fields_have_the_index_that_the_mta_counts);
    tcase_add_test(tc, the_proof_of_the_peer_is_a_secret);
    tcase_add_test(tc, a_proof_of_our_name_is_counted_with_them);
    tcase_add_test(tc, the_node_s_own_proof_proves_no_peer);
    tcase_add_test(tc, hops_over_the_cap_are_counted);
    tcase_add_test(tc, own_fields_have_a_cap);
    tcase_add_test(tc, the_names_of_own_fields_have_a_cap);
    tcase_add_test(tc, long_values_are_cut);
    tcase_add_test(tc, the_longest_journey_fits);
    tcase_add_test(tc, a_resent_block_ends_the_hops_of_the_journey);
    suite_add_tcase(suite, tc);
    return suite;
}
