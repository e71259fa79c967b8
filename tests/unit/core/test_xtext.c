#include "tests/support/unit.h"

#include "core/xtext.h"

static const struct {
    struct span plain;
    const char *encoded;
} pairs[] = {
    { SPAN_LIT(""), "" },
    { SPAN_LIT("bob@example.com"), "bob@example.com" },
    { SPAN_LIT("Bob+x@example.com"), "Bob+2Bx@example.com" },
    { SPAN_LIT("a=b"), "a+3Db" },
    { SPAN_LIT("\"Bob Smith\"@d"), "\"Bob+20Smith\"@d" },
    { SPAN_LIT("!~\\<>"), "!~\\<>" },
    { SPAN_LIT("\x7f\x1f"), "+7F+1F" },
    { SPAN_LIT("\xc3\xbc"), "+C3+BC" },
    { SPAN_LIT("a\0b"), "a+00b" },
};

START_TEST(encodes_and_decodes)
{
    struct span plain = unit_exact(pairs[_i].plain);
    struct buf b;
    buf_init(&b, 100);
    xtext_encode(plain, &b);
    free((void *)plain.p);
    unit_assert_span(buf_span(&b), pairs[_i].encoded, "encoded");

    struct span encoded = unit_exact(span_of(pairs[_i].encoded));
    buf_clear(&b);
    ck_assert(xtext_decode(encoded, &b));
    free((void *)encoded.p);
    ck_assert(span_eq(buf_span(&b), pairs[_i].plain));
    buf_free(&b);
}
END_TEST

static const struct span no_xtext[] = {
    SPAN_LIT("+"),        SPAN_LIT("a+2"),  SPAN_LIT("+2b"), SPAN_LIT("+G0"),  SPAN_LIT("+ 1"),
    SPAN_LIT("++2B"),     SPAN_LIT("a=b"),  SPAN_LIT("a b"), SPAN_LIT("a\tb"), SPAN_LIT("\x7f"),
    SPAN_LIT("\xc3\xbc"), SPAN_LIT("a\0b"), SPAN_LIT("+0x"), SPAN_LIT("+4@"),  SPAN_LIT("+4/"),
};

START_TEST(decode_refuses_what_is_no_xtext)
{
    struct span text = unit_exact(no_xtext[_i]);
    struct buf b;
    buf_init(&b, 100);
    ck_assert_msg(!xtext_decode(text, &b), "'%.*s'", SPAN_ARG(text));
    free((void *)text.p);
    buf_free(&b);
}
END_TEST

START_TEST(decode_tells_when_the_buffer_is_full)
{
    struct buf b;
    buf_init(&b, 3);
    ck_assert(xtext_decode(SPAN_LIT("a+2Bb"), &b));
    buf_clear(&b);
    ck_assert(!xtext_decode(SPAN_LIT("a+2Bbc"), &b));
    buf_free(&b);
}
END_TEST

START_TEST(both_add_behind_what_is_there)
{
    struct buf b;
    buf_init(&b, 100);
    buf_adds(&b, "x;");
    xtext_encode(SPAN_LIT("+"), &b);
    ck_assert(xtext_decode(SPAN_LIT("+3D"), &b));
    unit_assert_span(buf_span(&b), "x;+2B=", "text");
    buf_free(&b);
}
END_TEST

static const struct {
    struct span address;
    const char *orcpt;
} orcpts[] = {
    { SPAN_LIT("Bob+x@Example.com"), "rfc822;Bob+2Bx@Example.com" },
    { SPAN_LIT("\"a b\\\"c\"@d"), "rfc822;\"a+20b\\\"c\"@d" },
    /* The three octets that are no QCHAR, a blank, DEL; then 2, 3 and 4 octets of UTF-8. */
    { SPAN_LIT("\xc3\xbc+=\\ \x7f@d"), "utf-8;\\x{FC}\\x{2B}\\x{3D}\\x{5C}\\x{20}\\x{7F}@d" },
    { SPAN_LIT("J\xc3\xb6rg@d"), "utf-8;J\\x{F6}rg@d" },
    { SPAN_LIT("\xe2\x82\xac@d"), "utf-8;\\x{20AC}@d" },
    { SPAN_LIT("\xf0\x9f\x98\x80@d"), "utf-8;\\x{1F600}@d" },
    { SPAN_LIT("\xc2\x80\xdf\xbf"), "utf-8;\\x{80}\\x{7FF}" },
    { SPAN_LIT("\xe0\xa0\x80\xef\xbf\xbf"), "utf-8;\\x{800}\\x{FFFF}" },
    { SPAN_LIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), "utf-8;\\x{10000}\\x{10FFFF}" },
    { SPAN_LIT("\xed\x9f\xbf\xee\x80\x80"), "utf-8;\\x{D7FF}\\x{E000}" },
    /* Not UTF-8: Latin-1, cut short, stray continuation, overlong, surrogate, past the end. */
    { SPAN_LIT("J\xf6rg@d"), "rfc822;J+F6rg@d" },
    { SPAN_LIT("\xc3"), "rfc822;+C3" },
    { SPAN_LIT("\xe2\x82"), "rfc822;+E2+82" },
    { SPAN_LIT("\xc3\xbc\x80"), "rfc822;+C3+BC+80" },
    { SPAN_LIT("\xc0\xaf"), "rfc822;+C0+AF" },
    { SPAN_LIT("\xe0\x9f\xbf"), "rfc822;+E0+9F+BF" },
    { SPAN_LIT("\xf0\x8f\xbf\xbf"), "rfc822;+F0+8F+BF+BF" },
    { SPAN_LIT("\xed\xa0\x80"), "rfc822;+ED+A0+80" },
    { SPAN_LIT("\xed\xbf\xbf"), "rfc822;+ED+BF+BF" },
    { SPAN_LIT("\xf4\x90\x80\x80"), "rfc822;+F4+90+80+80" },
    { SPAN_LIT("\xf8\x88\x80\x80\x80"), "rfc822;+F8+88+80+80+80" },
    { SPAN_LIT("\xff"), "rfc822;+FF" },
};

START_TEST(original_recipient_by_its_octets)
{
    struct span address = unit_exact(orcpts[_i].address);
    struct buf b;
    buf_init(&b, 200);
    orcpt_encode(address, &b);
    free((void *)address.p);
    unit_assert_span(buf_span(&b), orcpts[_i].orcpt, "ORCPT");
    buf_free(&b);
}
END_TEST

static const struct {
    struct span text;
    const char *address; /* NULL: not decodable */
} utf8_texts[] = {
    { SPAN_LIT(""), "" },
    { SPAN_LIT("a+b=c@d"), "a+b=c@d" },
    { SPAN_LIT("j\\x{FC}rg@d"), "j\xc3\xbcrg@d" },
    { SPAN_LIT("j\\X{fc}rg@d"), "j\xc3\xbcrg@d" },
    { SPAN_LIT("j\xc3\xbcrg@d"), "j\xc3\xbcrg@d" },
    { SPAN_LIT("\\x{2B}\\x{3D}\\x{5C}\\x{20}"), "+=\\ " },
    { SPAN_LIT("\\x{1}\\x{7F}\\x{80}\\x{7FF}"), "\x01\x7f\xc2\x80\xdf\xbf" },
    { SPAN_LIT("\\x{800}\\x{FFFF}"), "\xe0\xa0\x80\xef\xbf\xbf" },
    { SPAN_LIT("\\x{10000}\\x{10FFFF}"), "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
    { SPAN_LIT("\\x{0000FC}"), "\xc3\xbc" },
    { SPAN_LIT("\\x{D7FF}\\x{E000}"), "\xed\x9f\xbf\xee\x80\x80" },
    { SPAN_LIT("\\"), NULL },
    { SPAN_LIT("\\x"), NULL },
    { SPAN_LIT("\\x{"), NULL },
    { SPAN_LIT("\\x{}"), NULL },
    { SPAN_LIT("\\x{FC"), NULL },
    { SPAN_LIT("\\y{FC}"), NULL },
    { SPAN_LIT("\\x(FC}"), NULL },
    { SPAN_LIT("\\x{G}"), NULL },
    { SPAN_LIT("\\x{-1}"), NULL },
    { SPAN_LIT("\\x{0}"), NULL },
    { SPAN_LIT("\\x{D800}"), NULL },
    { SPAN_LIT("\\x{DFFF}"), NULL },
    { SPAN_LIT("\\x{110000}"), NULL },
    { SPAN_LIT("\\x{00000FC}"), NULL },
};

START_TEST(utf8_text_is_decoded_or_refused)
{
    struct span text = unit_exact(utf8_texts[_i].text);
    struct buf b;
    buf_init(&b, 100);
    bool good = utf8_xtext_decode(text, &b);
    free((void *)text.p);
    ck_assert_int_eq(good, utf8_texts[_i].address != NULL);
    if (good)
        unit_assert_span(buf_span(&b), utf8_texts[_i].address, "address");
    buf_free(&b);
}
END_TEST

START_TEST(what_is_encoded_is_decoded_again)
{
    for (size_t i = 0; i < COUNT_OF(orcpts); i++) {
        struct span value = span_of(orcpts[i].orcpt), kind;
        struct buf b;
        buf_init(&b, 100);
        ck_assert(span_split(&value, ';', &kind));
        if (span_eq(kind, SPAN_LIT("utf-8")))
            ck_assert(utf8_xtext_decode(value, &b));
        else
            ck_assert(xtext_decode(value, &b));
        ck_assert(span_eq(buf_span(&b), orcpts[i].address));
        buf_free(&b);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("xtext");
    TCase *tc = tcase_create("xtext");
    tcase_add_loop_test(tc, encodes_and_decodes, 0, COUNT_OF(pairs));
    tcase_add_loop_test(tc, decode_refuses_what_is_no_xtext, 0, COUNT_OF(no_xtext));
    tcase_add_test(tc, decode_tells_when_the_buffer_is_full);
    tcase_add_test(tc, both_add_behind_what_is_there);
    tcase_add_loop_test(tc, original_recipient_by_its_octets, 0, COUNT_OF(orcpts));
    tcase_add_loop_test(tc, utf8_text_is_decoded_or_refused, 0, COUNT_OF(utf8_texts));
    tcase_add_test(tc, what_is_encoded_is_decoded_again);
    suite_add_tcase(suite, tc);
    return suite;
}
