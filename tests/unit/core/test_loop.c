#include "tests/support/unit.h"

#include <string.h>

#include "core/loop.h"
#include "tests/unit/core/loop_cases.h"
#include "tests/unit/core/trace_sample.h"

#define TRACES_MAX 8
#define HOPS_MAX 80
#define MAX_CROSSINGS 3
#define MAX_HOPS 50
static struct site *site;
static struct keyring ring;

static void setup(void)
{
    sample_ring(&ring);
    site = site_new();
    ck_assert_ptr_nonnull(site);
    ck_assert_int_eq(site_add_host(site, PLACE_PRIMARY, SPAN_LIT("p.example.net")), RESULT_OK);
    ck_assert_int_eq(site_add_host(site, PLACE_SECONDARY, SPAN_LIT("s.example.net")), RESULT_OK);
    ck_assert_int_eq(site_add_host(site, PLACE_GATEWAY, SPAN_LIT("g.example.net")), RESULT_OK);
}

static void teardown(void)
{
    site_free(site);
}

static const char *person(struct span who)
{
    if (span_eq(who, SPAN_LIT("me")))
        return ME;
    if (span_eq(who, SPAN_LIT("box")))
        return MY_MAILBOX;
    ck_assert(span_eq(who, SPAN_LIT("she")));
    return "she@example.com";
}

/* One trace and the lists that it borrows. */
struct made {
    struct trace trace;
    char text[3][4 * TOKEN_LEN];
};

static struct span write_list(const struct key *key, struct span id, struct span people, char *out)
{
    struct span who;
    size_t n = 0;
    while (span_split(&people, '+', &who)) {
        struct token t = token_make(key, id, TOKEN_RECIPIENT, span_of(person(who)));
        if (n > 0)
            out[n++] = ',';
        memcpy(out + n, t.text, TOKEN_LEN);
        n += TOKEN_LEN;
    }
    return (struct span){ out, n };
}

static void make_trace(struct span text, struct made *m)
{
    struct span word;
    const struct key *key = &ring.key[0];
    m->trace =
        (struct trace){ .pass = 1, .id = SPAN_LIT("8f3k2j1x9qm"), .origin = ORIGIN_EXTERNAL };
    ck_assert(span_split(&text, ',', &word) && word.n > 0);
    m->trace.system = word.p[0] == 'S' ? SYSTEM_SECONDARY : SYSTEM_PRIMARY;
    if (word.n > 1 && word.p[1] == '~')
        key = &ring.key[1];
    bool unknown = word.n > 1 && word.p[1] == '!';
    if (word.n > 1 && word.p[1] == '@')
        m->trace.origin = ORIGIN_LOCAL;
    if (word.n > 1 && word.p[1] == '<')
        m->trace.origin = ORIGIN_PEER;
    m->trace.key_name = unknown ? SPAN_LIT("nobody") : span_of(key->name);
    while (span_split(&text, ',', &word)) {
        ck_assert(word.n > 2 && word.p[1] == ':');
        size_t slot = span_find(SPAN_LIT("phw"), word.p[0]);
        ck_assert_uint_lt(slot, 3);
        struct span *list[] = { &m->trace.to_peer, &m->trace.kept, &m->trace.would_go };
        *list[slot] = write_list(key, m->trace.id, span_from(word, 2), m->text[slot]);
    }
}

static size_t make_traces(const char *text, struct made made[TRACES_MAX], struct trace *trace)
{
    struct span rest = span_of(text), word;
    size_t n = 0;
    while (text[0] && span_split(&rest, ' ', &word)) {
        ck_assert_uint_lt(n, TRACES_MAX);
        make_trace(word, &made[n]);
        trace[n] = made[n].trace;
        n++;
    }
    return n;
}

static struct span host_of(char letter)
{
    switch (letter) {
    case 'P':
        return SPAN_LIT("P.example.net");
    case 'S':
        return SPAN_LIT("s.example.net");
    case 'g':
        return SPAN_LIT("g.example.net");
    case 'l':
        return SPAN_LIT("localhost");
    case '-':
        return SPAN_ABSENT;
    default:
        ck_assert_int_eq(letter, 'x');
        return SPAN_LIT("mx.elsewhere.example");
    }
}

/* The `for` addresses are exact copies, freed by free_hops(). */
static size_t make_hops(const char *text, struct received *hop)
{
    struct span rest = span_of(text), word;
    size_t n = 0;
    while (text[0] && span_split(&rest, ' ', &word)) {
        ck_assert_uint_lt(n, HOPS_MAX);
        hop[n] = (struct received){ .by = host_of(word.p[0]), .parsed = true };
        if (word.n > 1)
            hop[n].for_ = unit_exact(span_from(word, 2));
        n++;
    }
    return n;
}

static void free_hops(struct received *hop, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free((void *)hop[i].for_.p);
}

struct policy {
    bool observe;
    bool aliased;
    size_t older_hops; /* in the message and not kept */
    const char *older; /* traces of earlier journeys; NULL for none */
    unsigned max_crossings;
    bool conflict;
    unsigned remembered;
};

static const struct policy usual = { .aliased = true, .max_crossings = MAX_CROSSINGS };

static struct loop judge(const struct judged *j, const struct policy *policy, bool *peer_has_had)
{
    struct made made[TRACES_MAX];
    struct trace trace[TRACES_MAX];
    struct received hop[HOPS_MAX];
    struct path path;
    struct made older_made[TRACES_MAX];
    struct trace older[TRACES_MAX];
    size_t olders = make_traces(policy->older ? policy->older : "", older_made, older);
    size_t traces = make_traces(j->traces, made, trace);
    size_t hops = make_hops(j->hops, hop);
    path_build(hop, hops, site, SYSTEM_SECONDARY, &path);
    struct loop_input in = {
        .node = SYSTEM_SECONDARY,
        .origin = j->origin,
        .outcome = j->outcome,
        .conflict = policy->conflict,
        .remembered = policy->remembered,
        .observe = policy->observe,
        .recipient = unit_exact(SPAN_LIT(ME)),
        .mailbox = policy->aliased ? unit_exact(SPAN_LIT(MY_MAILBOX)) : SPAN_ABSENT,
        .trace = trace,
        .traces = traces,
        .older = older,
        .olders = olders,
        .keys = &ring,
        .path = &path,
        .hop = hop,
        .hops = hops,
        .hops_total = hops + policy->older_hops,
        .max_crossings = policy->max_crossings,
        .max_hops = MAX_HOPS,
    };
    struct loop out = loop_judge(&in);
    *peer_has_had = loop_peer_has_had(&in);
    free((void *)in.recipient.p);
    free((void *)in.mailbox.p);
    free_hops(hop, hops);
    return out;
}

static void assert_judged(const struct judged *j, const struct policy *policy)
{
    bool peer_has_had;
    struct loop got = judge(j, policy, &peer_has_had);
    struct buf evidence;
    buf_init(&evidence, 64);
    loop_evidence_write(got.evidence, &evidence);
    ck_assert_msg(got.verdict == j->verdict && strcmp(buf_text(&evidence), j->evidence) == 0 &&
                      got.passes == j->passes,
                  "%s: got %s by %s, %u passes, want %s by %s, %u passes", j->what,
                  loop_verdict_name(got.verdict), buf_text(&evidence), got.passes,
                  loop_verdict_name(j->verdict), j->evidence, j->passes);
    buf_free(&evidence);
}

START_TEST(traces_tell)
{
    assert_judged(&by_trace[_i], &usual);
}
END_TEST

START_TEST(the_path_tells)
{
    assert_judged(&by_received[_i], &usual);
}
END_TEST

/* What mode observe would have sent counts as sent for one that is observed again. */
START_TEST(observed_sending_counts_for_the_observed)
{
    struct policy observe = usual;
    observe.observe = true;
    static const struct judged rows[] = {
        { "would go again", EXT, GO, "S,w:me", "", LOOP_PINGPONG, "trace", 2 },
        { "would go, to be kept", EXT, KEEP, "S,w:me", "", LOOP_NONE, "none", 1 },
        { "another would go", EXT, GO, "S,w:she", "", LOOP_NONE, "none", 1 },
        { "was sent", EXT, GO, "S,p:me", "", LOOP_PINGPONG, "trace", 2 },
        { "both lists of one pass", EXT, GO, "S,p:me,w:me", "", LOOP_PINGPONG, "trace", 2 },
        { "the other system's", EXT, GO, "P,w:me", "", LOOP_NONE, "none", 1 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_judged(&rows[i], &observe);
}
END_TEST

/* A conflict is to be kept as far as the state goes. */
START_TEST(the_ledger_tells_what_was_sent_to_the_peer)
{
    static const struct {
        unsigned remembered;
        bool conflict;
        struct judged judged;
    } rows[] = {
        { 0, true, { "new conflict", PEER, KEEP, "", "P x", LOOP_NONE, "none", 1 } },
        { 1, true, { "sent, conflict", PEER, KEEP, "", "P x", LOOP_PINGPONG, "ledger", 2 } },
        { 1, true, { "stripped", PEER, KEEP, "", "", LOOP_PINGPONG, "ledger", 2 } },
        { 7, true, { "sent often", PEER, KEEP, "", "", LOOP_PINGPONG, "ledger", 8 } },
        { 7, false, { "sent, kept now", PEER, KEEP, "", "", LOOP_NONE, "none", 1 } },
        { 1, false, { "sent, from the peer", PEER, GO, "", "", LOOP_PINGPONG, "ledger", 2 } },
        { 1, false, { "sent, from outside", EXT, GO, "", "", LOOP_NONE, "none", 1 } },
        { 2, false, { "sent twice", EXT, GO, "", "", LOOP_PINGPONG, "ledger", 3 } },
        { 1, false, { "a copy sent", EXT, BOTH, "", "", LOOP_NONE, "none", 1 } },
        { 2, false, { "two copies sent", EXT, BOTH, "", "", LOOP_PINGPONG, "ledger", 3 } },
        { 7, false, { "sent, kept from outside", EXT, KEEP, "", "", LOOP_NONE, "none", 1 } },
        { 7, false, { "submitted", LOCAL, GO, "", "", LOOP_NONE, "none", 1 } },
        { 7, false, { "fetched", LOCAL, GO, "", "P S x", LOOP_SUSPECT, "received", 2 } },
        { 2,
          false,
          { "seen in the path", EXT, GO, "", "P S x", LOOP_PINGPONG, "received,ledger", 3 } },
        { 2,
          false,
          { "with a trace", EXT, GO, "S,p:me", "P S x", LOOP_PINGPONG, "trace,received,ledger",
            3 } },
        { 1, false, { "a trace alone", EXT, GO, "S,p:me", "", LOOP_PINGPONG, "trace", 2 } },
        { 1,
          true,
          { "a longer path", PEER, KEEP, "", "P S P S x", LOOP_PINGPONG, "received,ledger", 3 } },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct policy p = usual;
        p.remembered = rows[i].remembered;
        p.conflict = rows[i].conflict;
        assert_judged(&rows[i].judged, &p);
    }
}
END_TEST

START_TEST(without_an_alias_its_target_is_a_stranger)
{
    struct policy plain = usual;
    plain.aliased = false;
    static const struct judged rows[] = {
        { "token of a stranger", PEER, GO, "S,p:box", "", LOOP_NONE, "none", 1 },
        { "own token", PEER, GO, "S,p:me", "", LOOP_PINGPONG, "trace", 2 },
        { "for a stranger", PEER, GO, "", "P S=mailbox@example.com", LOOP_NONE, "none", 1 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_judged(&rows[i], &plain);
}
END_TEST

/* Lists on both systems, each a new journey: the earlier traces prove no loop any more, and yet
 * they tell for whom the visits were. */
START_TEST(visits_before_a_list_are_accounted_for)
{
    static const struct {
        const char *older;
        struct judged judged;
    } rows[] = {
        { "S,p:she", { "one of two", PEER, KEEP, "", "P S P S x", LOOP_PINGPONG, "received", 3 } },
        { "S,h:she S,p:she", { "both", PEER, KEEP, "", "P S P S x", LOOP_SUSPECT, "received", 3 } },
        { "S,p:she S,p:me",
          { "one for me", PEER, KEEP, "", "P S P S x", LOOP_PINGPONG, "received", 3 } },
        { "S@,p:she S,p:she",
          { "one twice", PEER, KEEP, "", "P S P S x", LOOP_PINGPONG, "received", 3 } },
        { "P,p:she P,p:she",
          { "the peer's", PEER, KEEP, "", "P S P S x", LOOP_PINGPONG, "received", 3 } },
        { "S,p:she",
          { "with one of now", PEER, KEEP, "S,h:me", "P S P S x", LOOP_SUSPECT, "received", 3 } },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct policy p = usual;
        p.older = rows[i].older;
        assert_judged(&rows[i].judged, &p);
    }
}
END_TEST

START_TEST(the_limit_of_crossings_is_the_configured_one)
{
    static const struct judged suspect = { "below",       PEER,         GO,         "",
                                           "P S P S P S", LOOP_SUSPECT, "received", 4 };
    static const struct judged loop = { "at",          PEER,          GO,         "",
                                        "P S P S P S", LOOP_PINGPONG, "received", 4 };
    static const struct judged first = {
        "first", PEER, GO, "", "P S", LOOP_PINGPONG, "received", 2
    };
    struct policy p = usual;
    for (p.max_crossings = 2; p.max_crossings < 8; p.max_crossings++)
        assert_judged(p.max_crossings <= 4 ? &loop : &suspect, &p);
    p.max_crossings = 2;
    assert_judged(&first, &p);
}
END_TEST

/* A content filter stands between two passes of one visit. */
START_TEST(what_is_handed_back_here_is_the_same_visit)
{
    static const struct judged rows[] = {
        { "kept in both passes", PEER, KEEP, "S@,h:me S,h:me", "P S S x", LOOP_SUSPECT, "received",
          2 },
        { "kept in three", PEER, KEEP, "S@,h:me S@,h:me S,h:me", "P S S S x", LOOP_SUSPECT,
          "received", 2 },
        { "kept in two visits", PEER, KEEP, "S@,h:me S,h:me S@,h:me S,h:me", "P S S P S S x",
          LOOP_PINGPONG, "trace,received", 3 },
        { "kept in the second pass alone", PEER, KEEP, "S@,h:me S,h:she S,h:me", "P S P S x",
          LOOP_PINGPONG, "trace,received", 3 },
        { "sent in the first pass", PEER, GO, "S@,h:she S,p:me", "P S S x", LOOP_PINGPONG,
          "trace,received", 2 },
        { "a visit without a trace", PEER, GO, "S@,h:she S,p:she", "P S S P S x", LOOP_PINGPONG,
          "received", 3 },
        { "each visit with two", PEER, GO, "S@,h:she S,p:she S@,h:she S,p:she", "P S S P S S x",
          LOOP_SUSPECT, "received", 3 },
        { "the peer's pass between", PEER, KEEP, "S@,h:me P,h:me S,h:me", "", LOOP_PINGPONG,
          "trace", 3 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_judged(&rows[i], &usual);
}
END_TEST

START_TEST(what_the_peer_has_had_is_known_when_it_is_handed_back_here)
{
    static const struct {
        struct judged j;
        bool want;
    } rows[] = {
        { { "new", LOCAL, KEEP, "", "S x", LOOP_NONE, "", 1 }, false },
        { { "from the peer", LOCAL, KEEP, "S<,h:me", "S P x", LOOP_NONE, "", 1 }, true },
        { { "from the peer, a pass ago", LOCAL, KEEP, "S@,h:me S<,h:me", "S S P x", LOOP_NONE, "",
            1 },
          true },
        { { "from outside", LOCAL, KEEP, "S,h:me S<,h:me", "S P S x", LOOP_NONE, "", 1 }, false },
        { { "submitted", LOCAL, KEEP, "S@,h:me", "S", LOOP_NONE, "", 1 }, false },
        { { "its copy was sent", LOCAL, KEEP, "S,p:me,h:me", "S x", LOOP_NONE, "", 1 }, true },
        { { "its copy was sent, a pass ago", LOCAL, KEEP, "S@,h:me S,p:me,h:me", "S S x", LOOP_NONE,
            "", 1 },
          true },
        { { "sent and not kept", LOCAL, KEEP, "S,p:me", "S x", LOOP_NONE, "", 1 }, false },
        { { "forwarded to another", LOCAL, KEEP, "S<,h:she", "S P x", LOOP_NONE, "", 1 }, false },
        { { "forwarded, then handed back", LOCAL, KEEP, "S@,h:me S<,h:she", "S S P", LOOP_NONE, "",
            1 },
          false },
        { { "under its mailbox's name", LOCAL, KEEP, "S<,h:box", "S P", LOOP_NONE, "", 1 }, true },
        { { "the peer's own pass", LOCAL, KEEP, "P<,h:me", "S P", LOOP_NONE, "", 1 }, false },
        { { "a key of nobody", LOCAL, KEEP, "S!,h:me", "S P", LOOP_NONE, "", 1 }, false },
        { { "fetched from the peer", LOCAL, KEEP, "S<,h:me", "P S", LOOP_NONE, "", 1 }, false },
        { { "not from here", EXT, KEEP, "S<,h:me", "S P", LOOP_NONE, "", 1 }, false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool got;
        judge(&rows[i].j, &usual, &got);
        ck_assert_msg(got == rows[i].want, "%s: got %d", rows[i].j.what, got);
    }
}
END_TEST

/* The hops of the path, and older ones that were only counted: 50 in all, and one more. */
START_TEST(too_many_hops_are_a_loop_of_their_own)
{
    static const struct {
        struct judged j;
        size_t older;
    } rows[] = {
        { { "50", EXT, GO, "", "x", LOOP_NONE, "none", 1 }, 49 },
        { { "51", EXT, GO, "", "x", LOOP_HOPS, "hops", 1 }, 50 },
        { { "51, kept", PEER, KEEP, "", "x", LOOP_HOPS, "hops", 1 }, 50 },
        { { "51, local", LOCAL, GO, "S,p:me", "S P S P S", LOOP_HOPS, "hops", 1 }, 46 },
        { { "50, local", LOCAL, GO, "S,p:me", "S P S P S", LOOP_NONE, "none", 1 }, 45 },
        { { "51, suspect", PEER, GO, "", "P S x", LOOP_HOPS, "received,hops", 2 }, 48 },
        { { "51, loop", PEER, GO, "", "P S P S", LOOP_PINGPONG, "received,hops", 3 }, 47 },
        { { "51, all", PEER, GO, "S,p:me", "P S P S", LOOP_PINGPONG, "trace,received,hops", 3 },
          47 },
        { { "very many", EXT, GO, "", "", LOOP_HOPS, "hops", 1 }, 100000 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct policy p = usual;
        p.older_hops = rows[i].older;
        assert_judged(&rows[i].j, &p);
    }
}
END_TEST

/* A path with more visits than are kept is judged by those that are. */
START_TEST(a_cut_path_is_a_loop)
{
    char hops[2 * (PATH_VISITS_MAX + 8)] = "";
    for (size_t i = 0; i < PATH_VISITS_MAX + 4; i++)
        strcat(hops, i % 2 ? " S" : i ? " P" : "P");
    struct judged j = { "cut", PEER, GO, "", hops, LOOP_PINGPONG, "received,hops", 32 };
    assert_judged(&j, &usual);
}
END_TEST

START_TEST(evidence_and_verdicts_have_names)
{
    static const struct {
        unsigned evidence;
        const char *want;
    } rows[] = {
        { 0, "none" },
        { LOOP_BY_TRACE, "trace" },
        { LOOP_BY_RECEIVED, "received" },
        { LOOP_BY_HOPS, "hops" },
        { LOOP_BY_LEDGER, "ledger" },
        { LOOP_BY_TRACE | LOOP_BY_HOPS, "trace,hops" },
        { LOOP_BY_HOPS | LOOP_BY_RECEIVED | LOOP_BY_TRACE, "trace,received,hops" },
        { LOOP_BY_LEDGER | LOOP_BY_HOPS | LOOP_BY_RECEIVED | LOOP_BY_TRACE,
          "trace,received,hops,ledger" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out;
        buf_init(&out, 64);
        buf_adds(&out, "e=");
        loop_evidence_write(rows[i].evidence, &out);
        ck_assert_str_eq(buf_text(&out) + 2, rows[i].want);
        buf_free(&out);
    }
    ck_assert_str_eq(loop_verdict_name(LOOP_NONE), "none");
    ck_assert_str_eq(loop_verdict_name(LOOP_SUSPECT), "suspect");
    ck_assert_str_eq(loop_verdict_name(LOOP_PINGPONG), "pingpong");
    ck_assert_str_eq(loop_verdict_name(LOOP_HOPS), "hops");
    ck_assert_str_eq(loop_verdict_name((enum loop_verdict)4), "?");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("loop");
    TCase *tc = tcase_create("loop");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, traces_tell, 0, COUNT_OF(by_trace));
    tcase_add_loop_test(tc, the_path_tells, 0, COUNT_OF(by_received));
    tcase_add_test(tc, observed_sending_counts_for_the_observed);
    tcase_add_test(tc, the_ledger_tells_what_was_sent_to_the_peer);
    tcase_add_test(tc, without_an_alias_its_target_is_a_stranger);
    tcase_add_test(tc, visits_before_a_list_are_accounted_for);
    tcase_add_test(tc, the_limit_of_crossings_is_the_configured_one);
    tcase_add_test(tc, what_is_handed_back_here_is_the_same_visit);
    tcase_add_test(tc, what_the_peer_has_had_is_known_when_it_is_handed_back_here);
    tcase_add_test(tc, too_many_hops_are_a_loop_of_their_own);
    tcase_add_test(tc, a_cut_path_is_a_loop);
    tcase_add_test(tc, evidence_and_verdicts_have_names);
    suite_add_tcase(suite, tc);
    return suite;
}
