#include "tests/support/unit.h"

#include <string.h>

#include "core/identify.h"

static const struct {
    const char *text;
    bool good;
    const char *header, *value, *cert;
} texts[] = {
    { "X-Peer: secret", true, "X-Peer", "secret", NULL },
    { "X-Peer:secret", true, "X-Peer", "secret", NULL },
    { "  X-Peer \t:  two  words\t ", true, "X-Peer", "two  words", NULL },
    { "X-Peer: a:b: c", true, "X-Peer", "a:b: c", NULL },
    { "cert: mail.example.com", true, NULL, NULL, "mail.example.com" },
    { "CERT:mail.example.com", true, NULL, NULL, "mail.example.com" },
    { " Cert : CN with blanks ", true, NULL, NULL, "CN with blanks" },
    { "certificate: x", true, "certificate", "x", NULL },
    { "X-Cert: x", true, "X-Cert", "x", NULL },
    { "", false, NULL, NULL, NULL },
    { ":", false, NULL, NULL, NULL },
    { "X-Peer", false, NULL, NULL, NULL },
    { "X-Peer:", false, NULL, NULL, NULL },
    { "X-Peer: \t ", false, NULL, NULL, NULL },
    { ": secret", false, NULL, NULL, NULL },
    { " \t: secret", false, NULL, NULL, NULL },
    { "cert:", false, NULL, NULL, NULL },
    { "secret", false, NULL, NULL, NULL },
};

START_TEST(the_option_is_read)
{
    struct identify id = { SPAN_LIT("was"), SPAN_LIT("there"), SPAN_LIT("before") };
    struct span text = unit_exact(span_of(texts[_i].text));
    ck_assert_msg(identify_parse(text, &id) == texts[_i].good, "'%s'", texts[_i].text);
    if (texts[_i].good) {
        unit_assert_span(id.header, texts[_i].header, "header");
        unit_assert_span(id.value, texts[_i].value, "value");
        unit_assert_span(id.cert, texts[_i].cert, "cert");
    } else {
        unit_assert_span(id.header, "was", "header");
        unit_assert_span(id.value, "there", "value");
        unit_assert_span(id.cert, "before", "cert");
    }
    free((void *)text.p);
}
END_TEST

/* name and value are put to it from blocks of exactly their size. */
static bool by_header(const struct identify *id, struct span name, struct span value)
{
    struct span n = unit_exact(name), v = unit_exact(value);
    bool same = identify_by_header(id, n, v);
    free((void *)n.p);
    free((void *)v.p);
    return same;
}

static const struct {
    const char *name, *value;
    bool same;
} fields[] = {
    { "X-Peer", "Long secret", true },
    { "x-PEER", "Long secret", true },
    { "X-Peer", " Long secret", true },
    { "X-Peer", "\r\n\tLong secret \r\n", true },
    { "X-Peer", "Long\r\n secret", true },
    { "X-Peer", "Long\n secret", true },
    { "X-Peer ", "Long secret", true },
    { "X-Peer", "Long\r\n\tsecret", false },
    { "X-Peer", "Long  secret", false },
    { "X-Peer", "long secret", false },
    { "X-Peer", "Long secret!", false },
    { "X-Peer", "Long secre", false },
    { "X-Peer", "Long secrex", false },
    { "X-Peer", "ong secret", false },
    { "X-Peer", "", false },
    { "X-Peer", "Long secret\r\n and more", false },
    { "X-Peer", "Long secret (comment)", false },
    { "X-Peer", "\"Long secret\"", false },
    { "X-Peers", "Long secret", false },
    { "X-Pee", "Long secret", false },
    { "", "Long secret", false },
    { "Subject", "Long secret", false },
};

START_TEST(the_field_must_be_the_one)
{
    struct identify id;
    ck_assert(identify_parse(SPAN_LIT("X-Peer: Long secret"), &id));
    ck_assert_msg(by_header(&id, span_of(fields[_i].name), span_of(fields[_i].value)) ==
                      fields[_i].same,
                  "'%s: %s'", fields[_i].name, fields[_i].value);
    ck_assert(!identify_by_cert(&id, span_of(fields[_i].value)));
}
END_TEST

START_TEST(a_huge_field_is_not_it)
{
    struct identify id;
    char huge[70000];
    memset(huge, 'x', sizeof(huge));
    ck_assert(identify_parse(SPAN_LIT("X-Peer: x"), &id));
    ck_assert(by_header(&id, SPAN_LIT("X-Peer"), (struct span){ huge, 1 }));
    ck_assert(!by_header(&id, SPAN_LIT("X-Peer"), (struct span){ huge, sizeof(huge) }));
    memset(huge + 1, ' ', sizeof(huge) - 1);
    ck_assert(by_header(&id, SPAN_LIT("X-Peer"), (struct span){ huge, sizeof(huge) }));
    ck_assert(!by_header(&id, SPAN_LIT("X-Peer"), SPAN_LIT("x\0")));
}
END_TEST

START_TEST(a_long_secret_is_a_secret_too)
{
    struct identify id;
    char text[2100] = "X-Peer: ";
    memset(text + strlen(text), 'x', 2000);
    struct span value = span_from(span_of(text), strlen("X-Peer: "));
    ck_assert(identify_parse(span_of(text), &id));
    ck_assert(by_header(&id, SPAN_LIT("X-Peer"), value));
    ck_assert(!by_header(&id, SPAN_LIT("X-Peer"), span_from(value, 1)));
}
END_TEST

START_TEST(a_certificate_must_be_the_one)
{
    static const struct {
        struct span subject;
        bool same;
    } rows[] = {
        { SPAN_LIT("mail.example.com"), true },
        { SPAN_LIT("Mail.EXAMPLE.com"), true },
        { SPAN_LIT("mail.example.co"), false },
        { SPAN_LIT("mail.example.com."), false },
        { SPAN_LIT("mail.example.com\0"), false },
        { SPAN_LIT("*.example.com"), false },
        { SPAN_LIT(""), false },
        { SPAN_ABSENT, false },
    };
    struct identify id;
    ck_assert(identify_parse(SPAN_LIT("cert: mail.example.com"), &id));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ck_assert_msg(identify_by_cert(&id, rows[i].subject) == rows[i].same, "'%.*s'",
                      SPAN_ARG(rows[i].subject));
    ck_assert(!by_header(&id, SPAN_LIT("cert"), SPAN_LIT("mail.example.com")));
}
END_TEST

START_TEST(without_the_option_nobody_is_it)
{
    struct identify id = { SPAN_LIT("was"), SPAN_LIT("there"), SPAN_LIT("before") };
    ck_assert(identify_parse(SPAN_ABSENT, &id));
    ck_assert(!span_present(id.header) && !span_present(id.value) && !span_present(id.cert));
    ck_assert(!by_header(&id, SPAN_LIT("was"), SPAN_LIT("there")));
    ck_assert(!by_header(&id, SPAN_LIT(""), SPAN_LIT("")));
    ck_assert(!identify_by_header(&id, SPAN_ABSENT, SPAN_ABSENT));
    ck_assert(!identify_by_cert(&id, SPAN_LIT("before")));
    ck_assert(!identify_by_cert(&id, SPAN_LIT("")));
    ck_assert(!identify_by_cert(&id, SPAN_ABSENT));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("identify");
    TCase *tc = tcase_create("identify");
    tcase_add_loop_test(tc, the_option_is_read, 0, COUNT_OF(texts));
    tcase_add_loop_test(tc, the_field_must_be_the_one, 0, COUNT_OF(fields));
    tcase_add_test(tc, a_huge_field_is_not_it);
    tcase_add_test(tc, a_long_secret_is_a_secret_too);
    tcase_add_test(tc, a_certificate_must_be_the_one);
    tcase_add_test(tc, without_the_option_nobody_is_it);
    suite_add_tcase(suite, tc);
    return suite;
}
