#include "ctl/bounce.h"

#include "tests/support/unit.h"

#define REPORT "Content-Type: multipart/report; boundary=b\n\n"
#define STATUS "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b\n\n"
#define ORIGINAL "Received: by x\nSubject: y\n"

static const struct {
    const char *name;
    struct span text;
    bool any;
    enum bounce_kind kind;
    const char *original; /* NULL: not there */
    bool header_only;
    size_t recipients;
} cases[] = {
    { "a message", SPAN_LIT("Subject: x\n\nbody\n"), false, BOUNCE_NONE, NULL, false, 0 },
    { "a message that quotes", SPAN_LIT("From: a@b\n\n" ORIGINAL), false, BOUNCE_NONE, NULL, false,
      0 },
    { "report", SPAN_LIT(REPORT STATUS "--b\nContent-Type: message/rfc822\n\n" ORIGINAL "--b--\n"),
      false, BOUNCE_REPORT, "Received: by x\nSubject: y", false, 1 },
    { "report of the header",
      SPAN_LIT(REPORT STATUS "--b\nContent-Type: text/rfc822-headers\n\n" ORIGINAL "\n--b--\n"),
      false, BOUNCE_REPORT, ORIGINAL, true, 1 },
    { "internationalised",
      SPAN_LIT(REPORT "--b\nContent-Type: message/global-delivery-status\n\nFinal-Recipient: "
                      "utf-8; \xc3\xa4@b\n--b\nContent-Type: message/global\n\n" ORIGINAL "\n"
                      "--b--\n"),
      false, BOUNCE_REPORT, ORIGINAL, false, 1 },
    { "base64",
      SPAN_LIT(REPORT "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: "
                      "base64\n\nUmVjZWl2ZWQ6\nIGJ5IHgK\n--b--\n"),
      false, BOUNCE_REPORT, "Received: by x\n", false, 0 },
    { "the first is empty",
      SPAN_LIT(REPORT "--b\nContent-Type: message/rfc822\n\n\n--b\nContent-Type: "
                      "text/rfc822-headers\n\n" ORIGINAL "\n--b--\n"),
      false, BOUNCE_REPORT, ORIGINAL, true, 0 },
    { "without the message", SPAN_LIT(REPORT STATUS "--b--\n"), false, BOUNCE_REPORT, NULL, false,
      1 },
    { "report, quoted in its words", SPAN_LIT(REPORT "--b\n\nwords\n\n" ORIGINAL "\n--b--\n"),
      false, BOUNCE_REPORT, ORIGINAL, false, 0 },
    { "words", SPAN_LIT("From: MAILER-DAEMON@x\n\n<a@b>:\nno\n\n" ORIGINAL), false, BOUNCE_WORDS,
      ORIGINAL, false, 1 },
    { "words, by the return path", SPAN_LIT("Return-Path: <>\n\nno\n\n" ORIGINAL), false,
      BOUNCE_WORDS, ORIGINAL, false, 0 },
    { "words, nothing quoted", SPAN_LIT("From: postmaster@x\n\nno\n"), false, BOUNCE_NONE, NULL,
      false, 0 },
    { "attached to a bounce of no form",
      SPAN_LIT("From: Mail Delivery System <x@y>\nContent-Type: multipart/mixed; boundary=b\n\n"
               "--b\n\nno\n--b\nContent-Type: message/rfc822\n\n" ORIGINAL "\n--b--\n"),
      false, BOUNCE_WORDS, ORIGINAL, false, 0 },
    { "attached",
      SPAN_LIT("From: a@b\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
               "message/rfc822\n\n" ORIGINAL "\n--b--\n"),
      false, BOUNCE_NONE, NULL, false, 0 },
    { "attached, and asked for",
      SPAN_LIT("From: a@b\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
               "message/rfc822\n\n" ORIGINAL "\n--b--\n"),
      true, BOUNCE_ATTACHED, ORIGINAL, false, 0 },
    { "journal",
      SPAN_LIT("X-MS-Journal-Report:\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSender: "
               "a@b\n--b\nContent-Type: message/rfc822\n\n" ORIGINAL "\n--b--\n"),
      false, BOUNCE_JOURNAL, ORIGINAL, false, 0 },
};

static void read_case(struct span text, bool any, struct bounce *b)
{
    struct mail m;
    *b = (struct bounce){ .kind = BOUNCE_NONE };
    if (mail_parse(text, &m))
        ck_assert(bounce_read(&m, any, b));
}

START_TEST(bounces_are_told_from_others)
{
    struct span text = unit_exact(cases[_i].text);
    struct bounce b;
    read_case(text, cases[_i].any, &b);
    ck_assert_msg(b.kind == cases[_i].kind, "%s: %s", cases[_i].name, bounce_kind_name(b.kind));
    unit_assert_span(b.original, cases[_i].original, cases[_i].name);
    ck_assert_msg(b.header_only == cases[_i].header_only, "%s", cases[_i].name);
    ck_assert_uint_eq(b.delivery.recipients, cases[_i].recipients);
    bounce_free(&b);
    free((void *)text.p);
}
END_TEST

START_TEST(any_truncation_is_borne)
{
    for (size_t n = 0; n < cases[_i].text.n; n++) {
        struct span text = unit_exact((struct span){ cases[_i].text.p, n });
        struct bounce b;
        read_case(text, cases[_i].any, &b);
        ck_assert(b.kind != BOUNCE_NONE || !span_present(b.original));
        bounce_free(&b);
        free((void *)text.p);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("bounce");
    TCase *tc = tcase_create("bounce");
    tcase_add_loop_test(tc, bounces_are_told_from_others, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, any_truncation_is_borne, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
