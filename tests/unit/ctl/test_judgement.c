#include "ctl/judgement.h"

#include "tests/support/unit.h"
#include "tests/unit/core/trace_sample.h"
#include "tests/unit/ctl/inspect_fixture.h"

#define S "Received: by s.example for <u@example.com>\n"
#define P "Received: from s.example by p.example\n"
#define X "Received: by mx.other.example\n"
#define END "Message-ID: <m@other.example>\n\nbody\n"

static void read_letter(struct span text, const struct viewpoint *v, struct letter *l)
{
    struct mail m;
    ck_assert(mail_parse(text, &m));
    ck_assert(letter_read(&m, v, false, l));
}

static const struct {
    const char *name;
    struct span text;
    enum loop_verdict guessed;
    const char *sentence; /* of the guess */
    enum loop_verdict configured;
    enum loop_verdict refused; /* the same, found in a bounce */
} cases[] = {
    { "no hop", SPAN_LIT(END), LOOP_NONE, "no loop: there is no Received field", LOOP_NONE,
      LOOP_NONE },
    { "one crossing", SPAN_LIT(S P X END), LOOP_NONE, "no loop", LOOP_NONE, LOOP_NONE },
    { "back once", SPAN_LIT(S P S P X END), LOOP_SUSPECT,
      "it came back to s.example from p.example, as lists and forwards do too (evidence: received)",
      LOOP_SUSPECT, LOOP_SUSPECT },
    { "offered a third time", SPAN_LIT(P S P S X END), LOOP_SUSPECT,
      "it came back to p.example from s.example, as lists and forwards do too (evidence: received)",
      LOOP_SUSPECT, LOOP_PINGPONG },
    { "back twice", SPAN_LIT(S P S P S X END), LOOP_PINGPONG,
      "it came to s.example 3 times, to and fro with p.example (evidence: received)", LOOP_PINGPONG,
      LOOP_PINGPONG },
    { "for others",
      SPAN_LIT(S P "Received: by s.example for <v@example.com>\n" P
                   "Received: by s.example for <w@example.com>\n" X END),
      LOOP_NONE, "no loop", LOOP_SUSPECT, LOOP_SUSPECT },
    { "by way of others",
      SPAN_LIT(S "Received: by a.one.example\n" S "Received: by b.two.example\n" S END),
      LOOP_SUSPECT,
      "it came back to s.example from one.example, as lists and forwards do too (evidence: "
      "received)",
      LOOP_NONE, LOOP_NONE },
    { "a loop elsewhere",
      SPAN_LIT(
          "Received: by a.one.example\nReceived: by b.two.example\nReceived: by a.one.example\n"
          "Received: by b.two.example\nReceived: by a.one.example\n" END),
      LOOP_PINGPONG,
      "it came to one.example 3 times, to and fro with two.example (evidence: received)",
      LOOP_PINGPONG, LOOP_PINGPONG },
    { "sent again", SPAN_LIT(S P "Resent-Message-ID: <r@example.com>\n" S P S P S X END), LOOP_NONE,
      "no loop", LOOP_NONE, LOOP_NONE },
};

START_TEST(messages_are_judged_by_guess)
{
    struct viewpoint v = { .engine = NULL };
    struct letter l;
    struct judgement j;
    struct buf text;
    ck_assert(viewpoint_blank(&v));
    read_letter(cases[_i].text, &v, &l);
    judgement_make(&l, NULL, &v, &j);
    ck_assert_msg(j.verdict == cases[_i].guessed, "%s: %s", cases[_i].name,
                  loop_verdict_name(j.verdict));
    buf_init(&text, 1000);
    judgement_write(&j, &l, &text);
    unit_assert_span(buf_span(&text), cases[_i].sentence, cases[_i].name);
    buf_free(&text);
    letter_free(&l);
    viewpoint_close(&v);
}
END_TEST

START_TEST(messages_are_judged_by_the_configuration)
{
    struct inspect_fixture f;
    struct viewpoint v;
    struct letter l;
    struct judgement j;
    const struct bounce around = { .kind = BOUNCE_REPORT };
    inspect_fixture_open(&f, FIXTURE_KEYS, "");
    viewpoint_of(&v, &f);
    read_letter(cases[_i].text, &v, &l);
    judgement_make(&l, NULL, &v, &j);
    ck_assert_msg(j.verdict == cases[_i].configured, "%s: %s", cases[_i].name,
                  loop_verdict_name(j.verdict));
    judgement_make(&l, &around, &v, &j);
    ck_assert_msg(j.verdict == cases[_i].refused, "%s, refused: %s", cases[_i].name,
                  loop_verdict_name(j.verdict));
    letter_free(&l);
    viewpoint_close(&v);
    inspect_fixture_close(&f);
}
END_TEST

static void add_hops(struct buf *text, int n)
{
    for (int i = 0; i < n; i++)
        buf_addf(text, "Received: by r%d.net%d.example\n", i, i);
    buf_adds(text, END);
}

static const struct {
    int hops;
    enum loop_verdict verdict;
    const char *sentence;
} counts[] = {
    { JUDGEMENT_MAX_HOPS, LOOP_NONE, "no loop" },
    { JUDGEMENT_MAX_HOPS + 1, LOOP_HOPS, "51 Received fields, over 50 (evidence: hops)" },
};

START_TEST(too_many_hops_are_a_loop)
{
    struct viewpoint v = { .engine = NULL };
    struct letter l;
    struct judgement j;
    struct buf text, sentence;
    buf_init(&text, 100000);
    buf_init(&sentence, 1000);
    ck_assert(viewpoint_blank(&v));
    add_hops(&text, counts[_i].hops);
    read_letter(buf_span(&text), &v, &l);
    judgement_make(&l, NULL, &v, &j);
    ck_assert_int_eq(j.verdict, counts[_i].verdict);
    ck_assert_int_eq(judgement_is_loop(&j), counts[_i].verdict == LOOP_HOPS);
    judgement_write(&j, &l, &sentence);
    unit_assert_span(buf_span(&sentence), counts[_i].sentence, "sentence");
    letter_free(&l);
    buf_free(&text);
    buf_free(&sentence);
    viewpoint_close(&v);
}
END_TEST

/* A trace of the node, as the filter writes it, for the message that END ends. */
static void add_trace(const struct viewpoint *v, unsigned pass, bool sent, enum origin origin,
                      struct buf *text)
{
    const struct key *key = &v->engine->keys->key[0];
    struct span id = SPAN_LIT("8f3k2j1x9qm");
    struct token recipient = token_make(key, id, TOKEN_RECIPIENT, SPAN_LIT("u@example.com"));
    struct token journey =
        token_make(key, id, TOKEN_JOURNEY, SPAN_LIT("<m@other.example>\n\n\n\n"));
    struct trace t = {
        .pass = pass,
        .id = id,
        .node = SPAN_LIT("s.example"),
        .system = SYSTEM_SECONDARY,
        .origin = origin,
        .time = 1700000000,
        .journey = span_of(journey.text),
        .to_peer = sent ? span_of(recipient.text) : SPAN_LIT(""),
        .kept = sent ? SPAN_LIT("") : span_of(recipient.text),
        .would_go = SPAN_LIT(""),
    };
    buf_adds(text, "X-Coexist-Trace: ");
    trace_write(&t, key, text);
    buf_adds(text, "\n");
}

/* Whether the recipient was sent on (`s`) or kept (`k`) at each pass, newest first. */
static const struct {
    const char *passes;
    enum loop_verdict verdict;
    unsigned evidence;
} traced[] = {
    { "s", LOOP_NONE, 0 },
    { "ss", LOOP_PINGPONG, LOOP_BY_TRACE | LOOP_BY_RECEIVED },
    { "ks", LOOP_SUSPECT, LOOP_BY_RECEIVED },
    { "kk", LOOP_SUSPECT, LOOP_BY_RECEIVED },
    { "kkk", LOOP_PINGPONG, LOOP_BY_TRACE | LOOP_BY_RECEIVED },
};

START_TEST(traces_prove_a_loop)
{
    struct inspect_fixture f;
    struct viewpoint v;
    struct letter l;
    struct judgement j;
    struct buf text;
    size_t n = strlen(traced[_i].passes);
    inspect_fixture_open(&f, FIXTURE_KEYS, "");
    viewpoint_of(&v, &f);
    buf_init(&text, 100000);
    for (size_t i = 0; i < n; i++) {
        add_trace(&v, (unsigned)(n - i), traced[_i].passes[i] == 's',
                  i + 1 < n ? ORIGIN_PEER : ORIGIN_EXTERNAL, &text);
        buf_adds(&text, i + 1 < n ? S P : S X END);
    }
    read_letter(buf_span(&text), &v, &l);
    ck_assert_uint_eq(l.facts.traces, n);
    judgement_make(&l, NULL, &v, &j);
    ck_assert_str_eq(loop_verdict_name(j.verdict), loop_verdict_name(traced[_i].verdict));
    ck_assert_uint_eq(j.evidence, traced[_i].evidence);
    letter_free(&l);
    buf_free(&text);
    viewpoint_close(&v);
    inspect_fixture_close(&f);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("judgement");
    TCase *tc = tcase_create("judgement");
    tcase_add_loop_test(tc, messages_are_judged_by_guess, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, messages_are_judged_by_the_configuration, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, too_many_hops_are_a_loop, 0, COUNT_OF(counts));
    tcase_add_loop_test(tc, traces_prove_a_loop, 0, COUNT_OF(traced));
    suite_add_tcase(suite, tc);
    return suite;
}
