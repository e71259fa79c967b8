#include "core/transfer.h"

#include "tests/support/unit.h"

static const struct {
    const char *value;
    enum transfer how;
} values[] = {
    { "base64", TRANSFER_BASE64 },
    { " BASE64 ", TRANSFER_BASE64 },
    { "(in letters) base64 (so)", TRANSFER_BASE64 },
    { "base64; x=y", TRANSFER_BASE64 },
    { "Quoted-Printable", TRANSFER_QUOTED },
    { "7bit", TRANSFER_PLAIN },
    { "8bit", TRANSFER_PLAIN },
    { "binary", TRANSFER_PLAIN },
    { "base64x", TRANSFER_PLAIN },
    { "x-uuencode", TRANSFER_PLAIN },
    { "", TRANSFER_PLAIN },
};

START_TEST(values_name_an_encoding)
{
    struct span value = unit_exact(span_of(values[_i].value));
    ck_assert_int_eq(transfer_parse(value), values[_i].how);
    free((void *)value.p);
}
END_TEST

static const struct {
    enum transfer how;
    struct span text;
    struct span want;
} cases[] = {
    { TRANSFER_PLAIN, SPAN_LIT("a=41\0b"), SPAN_LIT("a=41\0b") },
    { TRANSFER_BASE64, SPAN_LIT(""), SPAN_LIT("") },
    { TRANSFER_BASE64, SPAN_LIT("aGVsbG8="), SPAN_LIT("hello") },
    { TRANSFER_BASE64, SPAN_LIT("aGVs\r\nbG8=\r\n"), SPAN_LIT("hello") },
    { TRANSFER_BASE64, SPAN_LIT("a G!V*s\x80"), SPAN_LIT("hel") },
    { TRANSFER_BASE64, SPAN_LIT("aGVsbG8"), SPAN_LIT("hello") },
    { TRANSFER_BASE64, SPAN_LIT("aGVsb"), SPAN_LIT("hel") },
    { TRANSFER_BASE64, SPAN_LIT("aA==aGVsbG8=aQ=="), SPAN_LIT("hhelloi") },
    { TRANSFER_BASE64, SPAN_LIT("AP+/"), SPAN_LIT("\0\xff\xbf") },
    { TRANSFER_BASE64, SPAN_LIT("===="), SPAN_LIT("") },
    { TRANSFER_QUOTED, SPAN_LIT(""), SPAN_LIT("") },
    { TRANSFER_QUOTED, SPAN_LIT("a=3D=e4=E4b"),
      SPAN_LIT("a=\xe4\xe4"
               "b") },
    { TRANSFER_QUOTED, SPAN_LIT("soft=\nbreak=\r\nhere"), SPAN_LIT("softbreakhere") },
    { TRANSFER_QUOTED, SPAN_LIT("soft= \t\nbreak"), SPAN_LIT("softbreak") },
    { TRANSFER_QUOTED, SPAN_LIT("blanks  \t\nend"), SPAN_LIT("blanks\nend") },
    { TRANSFER_QUOTED, SPAN_LIT("a=0D=0Ab\r\nc"), SPAN_LIT("a\r\nb\r\nc") },
    { TRANSFER_QUOTED, SPAN_LIT("no=XXcode=4"), SPAN_LIT("no=XXcode=4") },
    { TRANSFER_QUOTED, SPAN_LIT("ends="), SPAN_LIT("ends") },
    { TRANSFER_QUOTED, SPAN_LIT("==41"), SPAN_LIT("=A") },
    { TRANSFER_QUOTED, SPAN_LIT("=00=\0"), SPAN_LIT("\0=\0") },
};

START_TEST(texts_are_decoded)
{
    struct span text = unit_exact(cases[_i].text);
    struct buf out;
    buf_init(&out, 100);
    transfer_decode(cases[_i].how, text, &out);
    ck_assert(buf_ok(&out));
    ck_assert_msg(span_eq(buf_span(&out), cases[_i].want), "got '%.*s'", SPAN_ARG(buf_span(&out)));
    buf_free(&out);
    free((void *)text.p);
}
END_TEST

START_TEST(what_is_too_long_fails_the_buffer)
{
    struct buf out;
    buf_init(&out, 4);
    transfer_decode(TRANSFER_BASE64, SPAN_LIT("aGVsbG8="), &out);
    ck_assert(!buf_ok(&out));
    buf_clear(&out);
    transfer_decode(TRANSFER_QUOTED, SPAN_LIT("hello\nworld"), &out);
    ck_assert(!buf_ok(&out));
    buf_free(&out);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("transfer");
    TCase *tc = tcase_create("transfer");
    tcase_add_loop_test(tc, values_name_an_encoding, 0, COUNT_OF(values));
    tcase_add_loop_test(tc, texts_are_decoded, 0, COUNT_OF(cases));
    tcase_add_test(tc, what_is_too_long_fails_the_buffer);
    suite_add_tcase(suite, tc);
    return suite;
}
