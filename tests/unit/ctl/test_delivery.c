#include "ctl/delivery.h"

#include "tests/support/unit.h"

#define NONE "-"

static void add(struct buf *out, struct span value)
{
    if (span_present(value))
        buf_add(out, value);
    else
        buf_adds(out, NONE);
    buf_addc(out, '|');
}

/* `reporter|arrival|` and for each recipient `original|final|action|status|remote|diagnostic|`. */
static void describe(const struct delivery *d, struct buf *out)
{
    add(out, d->reporting_mta);
    add(out, d->arrival_date);
    for (size_t i = 0; i < d->recipients; i++) {
        const struct delivery_recipient *r = &d->recipient[i];
        add(out, r->original);
        add(out, r->final);
        add(out, r->action);
        add(out, r->status);
        add(out, r->remote_mta);
        add(out, r->diagnostic);
    }
}

static const struct {
    const char *name;
    struct span text;
    const char *want;
} cases[] = {
    { "one recipient",
      SPAN_LIT("Reporting-MTA: dns; mx.example\nArrival-Date: today\n\nFinal-Recipient: rfc822; "
               "a@b\nOriginal-Recipient: rfc822;c@d\nAction: failed\nStatus: 5.1.1\nRemote-MTA: "
               "dns; r.example\nDiagnostic-Code: smtp; 550\n no\n"),
      "mx.example|today|c@d|a@b|failed|5.1.1|r.example|smtp; 550\n no|" },
    { "two",
      SPAN_LIT("Reporting-MTA: dns;x\r\n\r\nFinal-Recipient: rfc822;a@b\r\n\r\n\r\n"
               "Final-Recipient: rfc822;c@d\r\nStatus: 4.4.1\r\n"),
      "x|-|-|a@b|-|-|-|-|-|c@d|-|4.4.1|-|-|" },
    { "empty lines in front", SPAN_LIT("\n\nReporting-MTA: dns;x\n\n\nAction: delayed\n"),
      "x|-|-|-|delayed|-|-|-|" },
    { "all in one group", SPAN_LIT("Reporting-MTA: dns;x\nFinal-Recipient: a@b\n"),
      "x|-|-|a@b|-|-|-|-|" },
    { "the first counts", SPAN_LIT("Action: failed\nAction: delayed\n"), "-|-|-|-|failed|-|-|-|" },
    { "no field", SPAN_LIT("words\nmore words\n\nStatus: 5.0.0\n"), "-|-|-|-|-|5.0.0|-|-|" },
    { "other fields alone", SPAN_LIT("X-Postfix-Queue-ID: 4F1\n\nX-Display-Name: Bob\n"), "-|-|" },
    { "nothing", SPAN_LIT(""), "-|-|" },
};

START_TEST(a_status_is_read)
{
    struct span text = unit_exact(cases[_i].text);
    struct delivery d;
    struct buf got;
    buf_init(&got, 1000);
    delivery_read(text, &d);
    describe(&d, &got);
    unit_assert_span(buf_span(&got), cases[_i].want, cases[_i].name);
    ck_assert_uint_eq(d.total, d.recipients);
    buf_free(&got);
    free((void *)text.p);
}
END_TEST

START_TEST(any_truncation_is_borne)
{
    for (size_t n = 0; n < cases[_i].text.n; n++) {
        struct span text = unit_exact((struct span){ cases[_i].text.p, n });
        struct delivery d;
        delivery_read(text, &d);
        ck_assert_uint_le(d.recipients, 2);
        free((void *)text.p);
    }
}
END_TEST

static const struct {
    const char *name;
    const char *header;
    struct span text;
    const char *want;
} words[] = {
    { "Exim", "X-Failed-Recipients: a@b, c@d,\n", SPAN_LIT("<x@y>:\nno\n"),
      "-|-|-|a@b|-|-|-|-|-|c@d|-|-|-|-|" },
    { "qmail", "Subject: failure notice\n",
      SPAN_LIT("Hi.\n\n<a@b>:\nSorry, no mailbox. (#5.1.1)\nsecond line\n\n<c@d>:\n\nwords\n"),
      "-|-|-|a@b|-|-|-|Sorry, no mailbox. (#5.1.1)\nsecond line|-|c@d|-|-|-|-|" },
    { "no form", "Subject: x\n", SPAN_LIT("<a@b> does not exist\n<>:\n"), "-|-|" },
    { "cut", "Subject: x\n", SPAN_LIT("<a@b>:"), "-|-|-|a@b|-|-|-|-|" },
};

START_TEST(words_are_read)
{
    struct span text = unit_exact(words[_i].text);
    struct mail m;
    struct delivery d;
    struct buf got;
    buf_init(&got, 1000);
    ck_assert(mail_parse(span_of(words[_i].header), &m));
    delivery_read_words(&m, text, &d);
    describe(&d, &got);
    unit_assert_span(buf_span(&got), words[_i].want, words[_i].name);
    buf_free(&got);
    free((void *)text.p);
}
END_TEST

START_TEST(recipients_have_a_limit)
{
    static struct delivery d;
    struct buf text;
    buf_init(&text, 100000);
    for (int i = 0; i < DELIVERY_RECIPIENTS_MAX + 7; i++)
        buf_addf(&text, "Final-Recipient: rfc822; u%d@example.com\n\n", i);
    delivery_read(buf_span(&text), &d);
    ck_assert_uint_eq(d.recipients, DELIVERY_RECIPIENTS_MAX);
    ck_assert_uint_eq(d.total, DELIVERY_RECIPIENTS_MAX + 7);
    buf_free(&text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("delivery");
    TCase *tc = tcase_create("delivery");
    tcase_add_loop_test(tc, a_status_is_read, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, any_truncation_is_borne, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, words_are_read, 0, COUNT_OF(words));
    tcase_add_test(tc, recipients_have_a_limit);
    suite_add_tcase(suite, tc);
    return suite;
}
