#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "engine/facts.h"
#include "tests/unit/core/trace_sample.h"

/* Which traces of a message belong to its present journey. */

#define ID "8f3k2j1x9qm"

static struct config config = { .node = SYSTEM_SECONDARY };
static struct engine engine = { .config = &config };
static struct keyring ring;

static void setup(void)
{
    sample_ring(&ring);
}

static void give(struct facts *f, const char *name, const char *value)
{
    facts_header(f, &engine, span_of(name), span_of(value));
}

/* `Name: value` fields, separated by `|`, newest first. */
static void give_fields(struct facts *f, const char *fields)
{
    struct span rest = span_of(fields), field;
    while (fields[0] && span_split(&rest, '|', &field)) {
        size_t colon = span_find(field, ':');
        ck_assert_uint_lt(colon, field.n);
        facts_header(f, &engine, (struct span){ field.p, colon }, span_from(field, colon + 2));
    }
}

static char *journey_of(const char *fields, bool with_message_id)
{
    struct facts f = { 0 };
    struct buf out;
    buf_init(&out, FACTS_JOURNEY_MAX);
    buf_adds(&out, "something old");
    give_fields(&f, fields);
    facts_journey(&f, with_message_id, &out);
    ck_assert(buf_ok(&out));
    char *text = buf_take(&out);
    facts_free(&f);
    return text;
}

/* Signed by the key for the journey of a message with those fields; the caller frees it. */
static char *sign_trace(const struct key *key, const char *fields, unsigned pass)
{
    char *journey = journey_of(fields, true);
    struct token token = token_make(key, SPAN_LIT(ID), TOKEN_JOURNEY, span_of(journey));
    struct trace t = sample_trace();
    struct buf out;
    t.pass = pass;
    t.id = SPAN_LIT(ID);
    t.journey = span_of(token.text);
    buf_init(&out, TRACE_VALUE_MAX);
    trace_write(&t, key, &out);
    ck_assert(buf_ok(&out));
    free(journey);
    return buf_take(&out);
}

#define MID "Message-ID: <1@example.com>"
#define MID2 "Message-ID: <2@example.com>"
#define LIST "List-Id: L <l.example.com>"
#define LIST2 "List-Id: <m.example.com>"
#define RESENT "Resent-Date: today|Resent-From: a@b|Resent-Message-ID: <r@b>"
#define RESENT2 "Resent-Date: tomorrow|Resent-From: a@b|Resent-Message-ID: <s@b>"
#define BARE "Resent-Date: today|Resent-From: a@b"
#define HOP "Received: by s.example.net"

static const struct {
    const char *what;
    const char *then, *now; /* the header when the trace was made, and when it is read */
    bool same;
} journeys[] = {
    { "nothing changed", MID, MID, true },
    { "fields that do not count", MID, HOP "|Subject: x|" MID "|To: y", true },
    { "Message-ID in other words", MID, "Message-ID: (c) <1@example.com> (d)", true },
    { "nothing at all", "", "", true },
    { "Message-ID made since", "", MID, true },
    { "Message-ID gone", MID, "", false },
    { "another Message-ID", MID, MID2, false },
    { "another message without its Message-ID", MID "|" LIST, LIST, false },

    { "on the list", MID "|" LIST, MID "|" LIST, true },
    { "list with another name", MID "|" LIST, MID "|List-Id: New words <l.example.com>", true },
    { "now on a list", MID, LIST "|" MID, false },
    { "now on another list too", MID "|" LIST, MID "|" LIST2 "|" LIST, false },
    { "now on an older list too", LIST "|" MID, LIST "|" LIST2 "|" MID, false },
    { "list left", MID "|" LIST, MID, false },
    { "list, Message-ID made since", LIST, LIST "|" MID, true },
    { "now on a list, Message-ID made", "", LIST "|" MID, false },

    { "resent before", RESENT "|" MID, RESENT "|" MID, true },
    { "resent before, hops since", RESENT "|" HOP "|" MID, HOP "|" HOP "|" RESENT "|" HOP "|" MID,
      true },
    { "now resent", MID, RESENT "|" MID, false },
    { "now resent, with hops", HOP "|" MID, HOP "|" RESENT "|" HOP "|" MID, false },
    { "resent again", RESENT "|" MID, RESENT2 "|" HOP "|" RESENT "|" MID, false },
    { "resent before, its date rewritten", "Resent-Date: a|Resent-Message-ID: <r@b>|" MID,
      "Resent-Date: b|Resent-Message-ID: <r@b>|" MID, true },
    { "resent without a Message-ID", MID, BARE "|" MID, false },
    { "resent so before", BARE "|" MID, BARE "|" MID, true },
    { "resent again without one", RESENT "|" MID, BARE "|" HOP "|" RESENT "|" MID, false },
    { "resent at another time", BARE "|" MID, "Resent-Date: now|Resent-From: a@b|" MID, false },
    { "resent by another", BARE "|" MID, "Resent-Date: today|Resent-From: c@b|" MID, false },
    { "Resent-Message-ID and date are not mixed up", "Resent-Message-ID: <x>", "Resent-Date: <x>",
      false },
    { "List-Id and Resent-Message-ID are not mixed up", "Resent-Message-ID: <x>", "List-Id: <x>",
      false },
};

START_TEST(a_trace_belongs_to_one_journey)
{
    struct facts f = { 0 };
    for (size_t key = 0; key < ring.keys; key++) {
        char *trace = sign_trace(&ring.key[key], journeys[_i].then, 1);
        give(&f, "X-Coexist-Trace", trace);
        give_fields(&f, journeys[_i].now);
        facts_finish(&f, &ring);
        ck_assert_msg(f.traces == journeys[_i].same && f.others == !journeys[_i].same,
                      "%s: %zu of it, %zu of others", journeys[_i].what, f.traces, f.others);
        ck_assert_uint_eq(f.forged, 0);
        ck_assert_ptr_nonnull(f.own[0].trace);
        facts_free(&f);
        free(trace);
    }
}
END_TEST

START_TEST(the_text_of_a_journey_has_all_that_counts)
{
    static const char fields[] = LIST "|" RESENT "|" HOP "|" MID;
    char *with = journey_of(fields, true), *without = journey_of(fields, false);
    char *bare = journey_of(LIST "|" RESENT "|" HOP, true);
    ck_assert_ptr_nonnull(strstr(with, "<1@example.com>"));
    ck_assert_ptr_nonnull(strstr(with, "<r@b>"));
    ck_assert_ptr_nonnull(strstr(with, "l.example.com"));
    ck_assert_ptr_null(strstr(with, "something old"));
    ck_assert_ptr_null(strstr(without, "<1@example.com>"));
    ck_assert_str_eq(without, bare);
    free(with);
    free(without);
    free(bare);
}
END_TEST

START_TEST(traces_stand_in_their_order)
{
    struct facts f = { 0 };
    char *mine[3], *other[2];
    for (unsigned i = 0; i < 3; i++)
        mine[i] = sign_trace(&ring.key[i % 2], MID "|" LIST, 5 - i);
    for (unsigned i = 0; i < 2; i++)
        other[i] = sign_trace(&ring.key[0], MID, 2 - i);
    give(&f, "X-Coexist-Trace", mine[0]);
    give(&f, "X-Coexist-Trace", "v=1; forged");
    give(&f, "x-coexist-trace", mine[1]);
    give(&f, "X-Coexist-Trace", other[0]);
    give(&f, "X-Coexist-Trace", mine[2]);
    give(&f, "X-Coexist-Trace", other[1]);
    give_fields(&f, MID "|" LIST);
    facts_finish(&f, &ring);
    ck_assert_uint_eq(f.traces, 3);
    ck_assert_uint_eq(f.others, 2);
    ck_assert_uint_eq(f.forged, 1);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(f.trace[i].pass, 5 - i);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_uint_eq(f.other[i].pass, 2 - i);
    for (unsigned i = 0; i < 6; i++) {
        ck_assert_uint_eq(f.own[i].index, i + 1);
        ck_assert_msg((f.own[i].trace == NULL) == (i == 1), "field %u", i);
    }
    facts_free(&f);
    for (unsigned i = 0; i < 3; i++)
        free(mine[i]);
    for (unsigned i = 0; i < 2; i++)
        free(other[i]);
}
END_TEST

/* What cannot be verified is to be removed, whatever is wrong with it. */
START_TEST(what_cannot_be_verified_is_forged)
{
    char *good = sign_trace(&ring.key[0], MID, 1), *old = sign_trace(&ring.key[1], MID, 1);
    char *changed = strdup(good);
    char *at = strstr(changed, "i=1");
    struct facts f = { 0 };
    ck_assert_ptr_nonnull(at);
    at[2] = '2';
    ring.keys = 1;
    give(&f, "X-Coexist-Trace", good);
    give(&f, "X-Coexist-Trace", old);
    give(&f, "X-Coexist-Trace", changed);
    give(&f, "X-Coexist-Trace", "");
    give(&f, "X-Coexist-Tracer", good);
    give(&f, "X-Coexist-Route", good);
    give_fields(&f, MID);
    facts_finish(&f, &ring);
    ck_assert_uint_eq(f.traces, 1);
    ck_assert_uint_eq(f.others, 0);
    ck_assert_uint_eq(f.forged, 3);
    ck_assert_int_eq(f.trace_fault, TRACE_MALFORMED);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_msg((f.own[i].trace != NULL) == (i == 0), "field %u", i);
    facts_free(&f);
    free(good);
    free(old);
    free(changed);
}
END_TEST

START_TEST(only_the_newest_traces_are_verified)
{
    struct facts f = { 0 };
    char *trace = sign_trace(&ring.key[0], MID, 1);
    for (unsigned i = 0; i < FACTS_TRACES_MAX + 5; i++)
        give(&f, "X-Coexist-Trace", trace);
    give_fields(&f, MID);
    facts_finish(&f, &ring);
    ck_assert_uint_eq(f.traces, FACTS_TRACES_MAX);
    ck_assert_uint_eq(f.forged, 0);
    ck_assert_ptr_nonnull(f.own[FACTS_TRACES_MAX - 1].trace);
    ck_assert_ptr_null(f.own[FACTS_TRACES_MAX].trace);
    facts_free(&f);
    free(trace);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("journey");
    TCase *tc = tcase_create("journey");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, a_trace_belongs_to_one_journey, 0, COUNT_OF(journeys));
    tcase_add_test(tc, the_text_of_a_journey_has_all_that_counts);
    tcase_add_test(tc, traces_stand_in_their_order);
    tcase_add_test(tc, what_cannot_be_verified_is_forged);
    tcase_add_test(tc, only_the_newest_traces_are_verified);
    suite_add_tcase(suite, tc);
    return suite;
}
