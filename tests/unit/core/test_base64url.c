#include "tests/support/unit.h"

#include <string.h>

#include "core/base64url.h"

/* RFC 4648 section 10, and what differs from base64. */
START_TEST(octets_are_written)
{
    static const struct {
        struct span octets;
        const char *want;
    } rows[] = {
        { SPAN_LIT(""), "" },
        { SPAN_LIT("f"), "Zg" },
        { SPAN_LIT("fo"), "Zm8" },
        { SPAN_LIT("foo"), "Zm9v" },
        { SPAN_LIT("foob"), "Zm9vYg" },
        { SPAN_LIT("fooba"), "Zm9vYmE" },
        { SPAN_LIT("foobar"), "Zm9vYmFy" },
        { SPAN_LIT("\xfb\xff\xbf"), "-_-_" },
        { SPAN_LIT("\x00\x00"), "AAA" },
        { SPAN_LIT("\xff"), "_w" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span octets = unit_exact(rows[i].octets);
        char *out = malloc(BASE64URL_LEN(octets.n) + 1);
        ck_assert_ptr_nonnull(out);
        base64url_write((const unsigned char *)octets.p, octets.n, out);
        ck_assert_str_eq(out, rows[i].want);
        ck_assert_uint_eq(strlen(out), BASE64URL_LEN(octets.n));
        free(out);
        free((void *)octets.p);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("base64url");
    TCase *tc = tcase_create("base64url");
    tcase_add_test(tc, octets_are_written);
    suite_add_tcase(suite, tc);
    return suite;
}
