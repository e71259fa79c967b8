#include "ctl/claims.h"

#include "tests/support/unit.h"
#include "tests/unit/core/trace_sample.h"
#include "tests/unit/ctl/inspect_fixture.h"

/* The secret of FIXTURE_KEYS. */
#define SECRET "0123456789abcdef0123456789abcdef"

static void write_sample(const char *name, const char *secret, struct buf *out)
{
    struct key key;
    struct trace t = sample_trace();
    sample_key(&key, name, secret);
    buf_init(out, TRACE_VALUE_MAX);
    trace_write(&t, &key, out);
    ck_assert(buf_ok(out));
}

static const struct {
    const char *key, *secret;
    bool keys;
    enum claim_verdict verdict;
} cases[] = {
    { "test", SECRET, true, CLAIM_VALID },
    { "test", "another secret of some octets", true, CLAIM_FORGED },
    { "other", SECRET, true, CLAIM_UNKNOWN_KEY },
    { "test", SECRET, false, CLAIM_UNVERIFIED },
};

START_TEST(traces_are_verified_and_told)
{
    struct inspect_fixture f;
    struct viewpoint v;
    struct buf value;
    static struct claims c;
    inspect_fixture_open(&f, cases[_i].keys ? FIXTURE_KEYS : NULL, "");
    viewpoint_of(&v, &f);
    write_sample(cases[_i].key, cases[_i].secret, &value);
    claims_add(&c, &v, buf_span(&value));
    ck_assert_uint_eq(c.claims, 1);
    const struct claim *claim = &c.claim[0];
    ck_assert_str_eq(claim_verdict_name(claim->verdict), claim_verdict_name(cases[_i].verdict));
    ck_assert(claim->has_pass && claim->pass == 2);
    ck_assert(claim->has_time && claim->time == 1732212345);
    unit_assert_span(claim->id, "8f3k2j1x9qm", "id");
    unit_assert_span(claim->node, "zimbra.example.com", "node");
    unit_assert_span(claim->system, "secondary", "system");
    unit_assert_span(claim->origin, "peer", "origin");
    unit_assert_span(claim->key_name, cases[_i].key, "key");
    ck_assert_uint_eq(claim->to_peer, 2);
    ck_assert_uint_eq(claim->kept, 1);
    ck_assert_uint_eq(claim->would_go, 0);
    claims_free(&c);
    buf_free(&value);
    viewpoint_close(&v);
    inspect_fixture_close(&f);
}
END_TEST

static const struct {
    struct span value;
    bool has_pass;
    const char *node;
} broken[] = {
    { SPAN_LIT(""), false, NULL },
    { SPAN_LIT("no tag list"), false, NULL },
    { SPAN_LIT("v=1; i=1; n=x.example"), true, "x.example" },
    { SPAN_LIT("v=1; i=99999; n=x.example"), false, "x.example" },
    { SPAN_LIT("v=1; i=-1; t=x; n=x.example; n=y"), false, NULL },
    { SPAN_LIT("\x1b[31m=1"), false, NULL },
};

START_TEST(what_is_no_trace_tells_what_it_can)
{
    struct viewpoint v = { .engine = NULL };
    static struct claims c;
    struct span value = unit_exact(broken[_i].value);
    ck_assert(viewpoint_blank(&v));
    claims_add(&c, &v, value);
    ck_assert_int_eq(c.claim[0].verdict, CLAIM_MALFORMED);
    ck_assert_int_eq(c.claim[0].has_pass, broken[_i].has_pass);
    unit_assert_span(c.claim[0].node, broken[_i].node, "node");
    claims_free(&c);
    viewpoint_close(&v);
    free((void *)value.p);
}
END_TEST

START_TEST(any_truncation_is_borne)
{
    struct viewpoint v = { .engine = NULL };
    static struct claims c;
    struct buf value;
    ck_assert(viewpoint_blank(&v));
    write_sample("test", SECRET, &value);
    for (size_t n = 0; n < value.n; n++) {
        struct span cut = unit_exact((struct span){ value.p, n });
        claims_add(&c, &v, cut);
        enum claim_verdict verdict = c.claim[0].verdict;
        ck_assert(verdict == CLAIM_MALFORMED || verdict == CLAIM_UNVERIFIED);
        claims_free(&c);
        free((void *)cut.p);
    }
    buf_free(&value);
    viewpoint_close(&v);
}
END_TEST

START_TEST(claims_have_a_limit)
{
    struct viewpoint v = { .engine = NULL };
    static struct claims c;
    ck_assert(viewpoint_blank(&v));
    for (size_t i = 0; i < CLAIMS_MAX + 3; i++)
        claims_add(&c, &v, SPAN_LIT("v=1; i=1"));
    ck_assert_uint_eq(c.claims, CLAIMS_MAX);
    ck_assert_uint_eq(c.total, CLAIMS_MAX + 3);
    claims_free(&c);
    viewpoint_close(&v);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("claims");
    TCase *tc = tcase_create("claims");
    tcase_add_loop_test(tc, traces_are_verified_and_told, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, what_is_no_trace_tells_what_it_can, 0, COUNT_OF(broken));
    tcase_add_test(tc, any_truncation_is_borne);
    tcase_add_test(tc, claims_have_a_limit);
    suite_add_tcase(suite, tc);
    return suite;
}
