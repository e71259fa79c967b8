#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/trace.h"
#include "tests/unit/core/trace_sample.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/* The signatures were made by another implementation. */
#define SAMPLE_SIGNATURE "7VpkElz/SDmhcnnVdds+A0ED1zwBQhG2x6TVb+eN4JI="
static const char sample_written[] =
    "v=1; i=2; id=8f3k2j1x9qm; n=zimbra.example.com;\n"
    "\ts=secondary; o=peer; t=1732212345; j=Qw3rTy9_; p=aZ3kQ9xB,77pQm1Yx;\n"
    "\th=Qk2mm0aa; w=; k=2026a; b=" SAMPLE_SIGNATURE;

START_TEST(the_written_text_is_the_agreed_one)
{
    struct trace t = sample_trace();
    struct keyring ring;
    struct buf out;

    sample_ring(&ring);
    buf_init(&out, 1000);
    buf_adds(&out, "before:");
    trace_write(&t, &ring.key[0], &out);
    ck_assert(buf_ok(&out));
    ck_assert_str_eq(buf_text(&out) + strlen("before:"), sample_written);
    buf_free(&out);
}
END_TEST

START_TEST(what_was_written_is_read)
{
    struct span value = unit_exact(SPAN_LIT(sample_written));
    struct keyring ring;
    struct trace t;

    sample_ring(&ring);
    ck_assert_int_eq(trace_read(value, &ring, &t), TRACE_VALID);
    free((void *)value.p);
    ck_assert_uint_eq(t.pass, 2);
    unit_assert_span(t.id, "8f3k2j1x9qm", "id");
    unit_assert_span(t.node, "zimbra.example.com", "node");
    ck_assert_int_eq(t.system, SYSTEM_SECONDARY);
    ck_assert_int_eq(t.origin, ORIGIN_PEER);
    ck_assert_int_eq(t.time, 1732212345);
    unit_assert_span(t.journey, "Qw3rTy9_", "journey");
    unit_assert_span(t.to_peer, "aZ3kQ9xB,77pQm1Yx", "to_peer");
    unit_assert_span(t.kept, "Qk2mm0aa", "kept");
    unit_assert_span(t.would_go, "", "would_go");
    unit_assert_span(t.key_name, "2026a", "key_name");
    ck_assert_str_eq(t.canonical, SAMPLE_BODY);
    trace_free(&t);
    ck_assert_ptr_null(t.canonical);
    trace_free(&t);
}
END_TEST

/* All that differs from sample_written by blanks alone. */
static const char *const refolded[] = {
    SAMPLE_BODY "b=" SAMPLE_SIGNATURE,
    " " SAMPLE_BODY "b=" SAMPLE_SIGNATURE " ",
    "\r\n\t" SAMPLE_BODY "\r\n\tb=" SAMPLE_SIGNATURE "\r\n",
    "v=1; i=2; id=8f3k2j1x9qm; n=zimbra.example.com; s=secondary; o=peer; t=1732212345;"
    " j=Qw3rTy9_; p=aZ3kQ9xB,77pQm1Yx; h=Qk2mm0aa; w=; k=2026a; b=" SAMPLE_SIGNATURE,
    "v = 1 ; i = 2 ; id = 8f3k2j1x9qm ;\r\n n = zimbra.example.com ; s = secondary ; o = peer ;\r\n"
    "\t\tt = 1732212345 ; j = Qw3rTy9_ ; p = aZ3kQ9xB ,\n 77pQm1Yx ; h\n =\n Qk2mm0aa ; w = ;"
    " k = 2026a ; b = " SAMPLE_SIGNATURE,
    "v=1;i=2;id=8f3k2j1x9qm;n=zimbra.example.com;s=secondary;o=peer;t=1732212345;j=Qw3rTy9_;\n"
    " p=aZ3kQ9xB, 77pQm1Yx;h=Qk2mm0aa;w=  ;k=2026a;b=7VpkElz/SDmhcnnVd ds+A0ED1zwBQh\r\n"
    " G2x6TVb+eN4JI =",
};

START_TEST(blanks_and_folding_do_not_matter)
{
    struct keyring ring;
    sample_ring(&ring);
    ck_assert_int_eq(sample_read(span_of(refolded[_i]), &ring), TRACE_VALID);
}
END_TEST

START_TEST(older_keys_verify_and_unknown_ones_do_not)
{
    struct trace t = sample_trace();
    struct keyring ring;
    struct buf out;

    sample_ring(&ring);
    buf_init(&out, 1000);
    trace_write(&t, &ring.key[1], &out);
    ck_assert_ptr_nonnull(
        strstr(buf_text(&out), "k=2025z; b=pNI0s8Q1Pk+YudKbmIOs1O9FibrzefBwbHaT0rEetNo="));
    ck_assert_int_eq(sample_read(buf_span(&out), &ring), TRACE_VALID);
    ring.keys = 1;
    ck_assert_int_eq(sample_read(buf_span(&out), &ring), TRACE_UNKNOWN_KEY);
    ring.keys = 0;
    ck_assert_int_eq(sample_read(buf_span(&out), &ring), TRACE_UNKNOWN_KEY);
    sample_key(&ring.key[0], "2025z", "another secret!!");
    ring.keys = 1;
    ck_assert_int_eq(sample_read(buf_span(&out), &ring), TRACE_FORGED);
    buf_free(&out);
}
END_TEST

/* Signed by the right key: only what the value says decides. */
#define V "v=1;"
#define I "i=2;id=8f3k2j1x9qm;"
#define N "n=zimbra.example.com;s=secondary;o=peer;"
#define T "t=1732212345;j=Qw3rTy9_;"
#define L "p=aZ3kQ9xB,77pQm1Yx;h=Qk2mm0aa;w=;"
#define K "k=2026a;"

static const struct {
    struct span body;
    enum trace_verdict want;
} bodies[] = {
    { TEXT(V I N T L K), TRACE_VALID },
    { TEXT(K L T N I V), TRACE_VALID },
    { TEXT(V I N T L K "x=later;y_2=;"), TRACE_VALID },
    { TEXT("B=upper;" V I N T L K), TRACE_VALID },
    { TEXT(V "i=1;id=0;" N T L K), TRACE_VALID },
    { TEXT(V "i=1000;id=" ID32 ";" N T L K), TRACE_VALID },
    { TEXT(V I "n=" NODE250 "abcde;s=primary;o=local;" T L K), TRACE_VALID },
    { TEXT(V I "n=[IPv6:2001:db8::1];s=primary;o=external;" T L K), TRACE_VALID },
    { TEXT(V I "n=my_host-1;s=primary;o=external;" T L K), TRACE_VALID },
    { TEXT(V I N "t=0;j=--------;" L K), TRACE_VALID },
    { TEXT(V I N "t=9223372036854775807;j=Qw3rTy9_;" L K), TRACE_VALID },
    { TEXT(V I N T "p=;h=;w=aZ3kQ9xB,77pQm1Yx;" K), TRACE_VALID },
    { TEXT(V I N T L "k=2026b;"), TRACE_UNKNOWN_KEY },
    { TEXT(V I N T L "k=2026;"), TRACE_UNKNOWN_KEY },
    { TEXT(V I N T L "k=2026A;"), TRACE_UNKNOWN_KEY },

    { TEXT(I N T L K), TRACE_MALFORMED },
    { TEXT(V N T L K), TRACE_MALFORMED },
    { TEXT(V I T L K), TRACE_MALFORMED },
    { TEXT(V I N L K), TRACE_MALFORMED },
    { TEXT(V I N T K), TRACE_MALFORMED },
    { TEXT(V I N T L), TRACE_MALFORMED },
    { TEXT(""), TRACE_MALFORMED },
    { TEXT(V V I N T L K), TRACE_MALFORMED },
    { TEXT(V I N T L K "x=1;x=2;"), TRACE_MALFORMED },
    { TEXT(V I N T L K "b=;"), TRACE_MALFORMED },
    { TEXT(V I N T L K ";"), TRACE_MALFORMED },
    { TEXT(V I N T L K "x;"), TRACE_MALFORMED },
    { TEXT(V I N T L K "x=\xc3\xb6;"), TRACE_MALFORMED },
    { TEXT(V I N T L K "x=\0;"), TRACE_MALFORMED },
    { TEXT("V=1;" I N T L K), TRACE_MALFORMED },
    { TEXT("v=2;" I N T L K), TRACE_MALFORMED },
    { TEXT("v=01;" I N T L K), TRACE_MALFORMED },
    { TEXT("v=;" I N T L K), TRACE_MALFORMED },

    { TEXT(V "i=0;id=8f3k2j1x9qm;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=02;id=8f3k2j1x9qm;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=+2;id=8f3k2j1x9qm;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=-2;id=8f3k2j1x9qm;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=0x2;id=8f3k2j1x9qm;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=;id=8f3k2j1x9qm;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=1001;id=8f3k2j1x9qm;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=4294967298;id=8f3k2j1x9qm;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=18446744073709551618;id=8f3k2j1x9qm;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=2;id=;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=2;id=8F;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=2;id=8-f;" N T L K), TRACE_MALFORMED },
    { TEXT(V "i=2;id=" ID32 "0;" N T L K), TRACE_MALFORMED },
    { TEXT(V I "n=;s=secondary;o=peer;" T L K), TRACE_MALFORMED },
    { TEXT(V I "n=a/b;s=secondary;o=peer;" T L K), TRACE_MALFORMED },
    { TEXT(V I "n=a(b);s=secondary;o=peer;" T L K), TRACE_MALFORMED },
    { TEXT(V I "n=a,b;s=secondary;o=peer;" T L K), TRACE_MALFORMED },
    { TEXT(V I "n=" NODE250 "abcdef;s=primary;o=local;" T L K), TRACE_MALFORMED },
    { TEXT(V I "n=a;s=Secondary;o=peer;" T L K), TRACE_MALFORMED },
    { TEXT(V I "n=a;s=?;o=peer;" T L K), TRACE_MALFORMED },
    { TEXT(V I "n=a;s=;o=peer;" T L K), TRACE_MALFORMED },
    { TEXT(V I "n=a;s=secondary;o=peers;" T L K), TRACE_MALFORMED },
    { TEXT(V I "n=a;s=secondary;" T L K), TRACE_MALFORMED },
    { TEXT(V I N "t=01;j=Qw3rTy9_;" L K), TRACE_MALFORMED },
    { TEXT(V I N "t=-1;j=Qw3rTy9_;" L K), TRACE_MALFORMED },
    { TEXT(V I N "t=1.5;j=Qw3rTy9_;" L K), TRACE_MALFORMED },
    { TEXT(V I N "t=9223372036854775808;j=Qw3rTy9_;" L K), TRACE_MALFORMED },
    { TEXT(V I N "t=1;j=Qw3rTy9;" L K), TRACE_MALFORMED },
    { TEXT(V I N "t=1;j=Qw3rTy9_,Qw3rTy9_;" L K), TRACE_MALFORMED },
    { TEXT(V I N "t=1;j=;" L K), TRACE_MALFORMED },
    { TEXT(V I N "t=1;" L K), TRACE_MALFORMED },
    { TEXT(V I N T "h=Qk2mm0aa;w=;" K), TRACE_MALFORMED },
    { TEXT(V I N T "p=;w=;" K), TRACE_MALFORMED },
    { TEXT(V I N T "p=;h=;" K), TRACE_MALFORMED },
    { TEXT(V I N T "p=aZ3kQ9xB,;h=;w=;" K), TRACE_MALFORMED },
    { TEXT(V I N T "p=;h=aZ3kQ9x;w=;" K), TRACE_MALFORMED },
    { TEXT(V I N T "p=;h=;w=aZ3kQ9x+;" K), TRACE_MALFORMED },
    { TEXT(V I N T L "k=;"), TRACE_MALFORMED },
    { TEXT(V I N T L "k=a/b;"), TRACE_MALFORMED },
    { TEXT(V I N T L "k=abc" ID32 ID32 ";"), TRACE_MALFORMED },
};

START_TEST(every_value_is_in_range_or_the_whole_is_malformed)
{
    struct keyring ring;
    struct buf value;

    sample_ring(&ring);
    buf_init(&value, 2000);
    sample_sign(&ring.key[0], bodies[_i].body, &value);
    enum trace_verdict got = sample_read(buf_span(&value), &ring);
    ck_assert_msg(got == bodies[_i].want, "%s: %s", trace_verdict_name(got), buf_text(&value));
    buf_free(&value);
}
END_TEST

START_TEST(a_list_holds_the_recipients_that_were_put_in)
{
    struct trace t = sample_trace();
    struct keyring ring;

    /* Tokens of foo by the first key and by the second, and of bar by the first. */
    t.to_peer = SPAN_LIT("aZ3kQ9xB,OTCIfqGc,77pQm1Yx");
    t.kept = SPAN_LIT("oehdUFNH");
    sample_ring(&ring);
    ck_assert(trace_lists(&t, t.to_peer, &ring.key[0], SPAN_LIT("foo@example.com")));
    ck_assert(!trace_lists(&t, t.to_peer, &ring.key[0], SPAN_LIT("bar@example.com")));
    ck_assert(!trace_lists(&t, t.to_peer, &ring.key[0], SPAN_LIT("FOO@example.com")));
    ck_assert(!trace_lists(&t, t.to_peer, &ring.key[1], SPAN_LIT("foo@example.com")));
    ck_assert(trace_lists(&t, t.kept, &ring.key[0], SPAN_LIT("bar@example.com")));
    ck_assert(!trace_lists(&t, t.would_go, &ring.key[0], SPAN_LIT("bar@example.com")));
    t.id = SPAN_LIT("8f3k2j1x9qn");
    ck_assert(!trace_lists(&t, t.kept, &ring.key[0], SPAN_LIT("bar@example.com")));
}
END_TEST

START_TEST(verdicts_have_names)
{
    ck_assert_str_eq(trace_verdict_name(TRACE_VALID), "valid");
    ck_assert_str_eq(trace_verdict_name(TRACE_MALFORMED), "malformed");
    ck_assert_str_eq(trace_verdict_name(TRACE_UNKNOWN_KEY), "unknown-key");
    ck_assert_str_eq(trace_verdict_name(TRACE_FORGED), "forged");
    ck_assert_str_eq(trace_verdict_name((enum trace_verdict)9), "?");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("trace");
    TCase *tc = tcase_create("trace");
    tcase_add_test(tc, the_written_text_is_the_agreed_one);
    tcase_add_test(tc, what_was_written_is_read);
    tcase_add_loop_test(tc, blanks_and_folding_do_not_matter, 0, COUNT_OF(refolded));
    tcase_add_test(tc, older_keys_verify_and_unknown_ones_do_not);
    tcase_add_loop_test(tc, every_value_is_in_range_or_the_whole_is_malformed, 0, COUNT_OF(bodies));
    tcase_add_test(tc, a_list_holds_the_recipients_that_were_put_in);
    tcase_add_test(tc, verdicts_have_names);
    suite_add_tcase(suite, tc);
    return suite;
}
