#include "ctl/guess.h"

#include "base/buf.h"
#include "tests/support/unit.h"

static const struct {
    const char *value;
    enum guess_kind kind;
    const char *owner;
    enum guess_software software;
} cases[] = {
    { "by mail.example.com (Postfix) with ESMTP", GUESS_HOST, "example.com", GUESS_OTHER },
    { "by MX1.Mail.Example.CO.UK. with SMTP", GUESS_HOST, "example.co.uk", GUESS_OTHER },
    { "by example.com with SMTP", GUESS_HOST, "example.com", GUESS_OTHER },
    { "by ex01.corp.local with SMTP", GUESS_HOST, "corp.local", GUESS_OTHER },
    { "by EX01 with Microsoft SMTP Server", GUESS_HOST, "ex01", GUESS_EXCHANGE },
    { "by EX01.contoso.example (10.1.2.3) with mapi id 15", GUESS_HOST, "contoso.example",
      GUESS_EXCHANGE },
    { "by AM9PR01.eurprd01.prod.outlook.com (::1) with Microsoft SMTP Server", GUESS_SERVICE,
      "Exchange Online", GUESS_EXCHANGE },
    { "by AMS0.mail.protection.outlook.com with SMTP", GUESS_SERVICE, "Exchange Online",
      GUESS_OTHER },
    { "by notoutlook.com with SMTP", GUESS_HOST, "notoutlook.com", GUESS_OTHER },
    { "by mx.google.com with ESMTPS", GUESS_SERVICE, "Google", GUESS_OTHER },
    { "by 2002:a05:6402:1d4e:b0:5cf:d1a1:1111 with SMTP", GUESS_SERVICE, "Google", GUESS_OTHER },
    { "by 10.25.1.2 with SMTP id x; Sat, 21 Nov 2026 02:15:35 -0800 (PST)", GUESS_SERVICE, "Google",
      GUESS_OTHER },
    { "by 10.25.1.2 with SMTP id x; Sat, 21 Nov 2026 02:15:35 +0000", GUESS_INSIDE, "",
      GUESS_OTHER },
    { "by mx0a.pphosted.com with ESMTP", GUESS_SERVICE, "Proofpoint", GUESS_OTHER },
    { "by pps.filterd (8.18) with ESMTP", GUESS_INSIDE, "", GUESS_OTHER },
    { "by relay.mimecast.com with ESMTP", GUESS_SERVICE, "Mimecast", GUESS_OTHER },
    { "from x (LHLO x) (192.0.2.1) by mbox.example.com with LMTP", GUESS_HOST, "example.com",
      GUESS_ZIMBRA },
    { "by zimbra.example.com (Postfix) with ESMTP", GUESS_HOST, "example.com", GUESS_ZIMBRA },
    { "by localhost (x [127.0.0.1]) (amavisd-new, port 10024)", GUESS_INSIDE, "", GUESS_OTHER },
    { "by filter.example.com (amavis, port 10024) with LMTP", GUESS_INSIDE, "", GUESS_OTHER },
    { "by 127.0.0.1 with SMTP", GUESS_INSIDE, "", GUESS_OTHER },
    { "by localhost.localdomain with SMTP", GUESS_INSIDE, "", GUESS_OTHER },
    { "by 192.168.1.2 with SMTP", GUESS_INSIDE, "", GUESS_OTHER },
    { "by 172.31.0.1 with SMTP", GUESS_INSIDE, "", GUESS_OTHER },
    { "by 172.32.0.1 with SMTP", GUESS_HOST, "172.32.0.1", GUESS_OTHER },
    { "by 100.64.0.1 with SMTP", GUESS_INSIDE, "", GUESS_OTHER },
    { "by fe80::1 with SMTP", GUESS_INSIDE, "", GUESS_OTHER },
    { "by [203.0.113.9] with SMTP", GUESS_HOST, "203.0.113.9", GUESS_OTHER },
    { "from x with SMTP", GUESS_INSIDE, "", GUESS_OTHER },
    { "(qmail 84907 invoked by uid 89)", GUESS_INSIDE, "", GUESS_OTHER },
    { "", GUESS_INSIDE, "", GUESS_OTHER },
    { "by com with SMTP", GUESS_HOST, "com", GUESS_OTHER },
    { "by b\xfc"
      "cher.example with SMTP",
      GUESS_HOST,
      "b\xfc"
      "cher.example",
      GUESS_OTHER },
};

START_TEST(owners_are_guessed)
{
    struct span value = unit_exact(span_of(cases[_i].value));
    struct received r;
    struct guess g;
    received_parse(value, &r);
    guess_hop(&r, value, &g);
    ck_assert_msg(g.kind == cases[_i].kind, "%s: kind %d", cases[_i].value, (int)g.kind);
    ck_assert_str_eq(g.owner, cases[_i].owner);
    ck_assert_int_eq(g.software, cases[_i].software);
    ck_assert_int_eq(g.host[0] == '\0', g.kind == GUESS_INSIDE);
    free((void *)value.p);
}
END_TEST

START_TEST(names_have_a_limit)
{
    struct buf value;
    struct received r;
    struct guess g;
    buf_init(&value, RECEIVED_MAX);
    buf_adds(&value, "by ");
    for (int i = 0; i < 300; i++)
        buf_addc(&value, 'A');
    buf_adds(&value, ".example.com with SMTP");
    received_parse(buf_span(&value), &r);
    guess_hop(&r, buf_span(&value), &g);
    ck_assert_uint_eq(span_of(g.host).n, SITE_HOST_MAX);
    ck_assert_uint_eq(span_of(g.owner).n, SITE_HOST_MAX);
    ck_assert_int_eq(g.host[0], 'a');
    buf_free(&value);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("guess");
    TCase *tc = tcase_create("guess");
    tcase_add_loop_test(tc, owners_are_guessed, 0, COUNT_OF(cases));
    tcase_add_test(tc, names_have_a_limit);
    suite_add_tcase(suite, tc);
    return suite;
}
