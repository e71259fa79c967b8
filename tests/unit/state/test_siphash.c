#include "tests/support/unit.h"

#include "state/siphash.h"

/* Key and text of the authors' example: octets 0, 1, 2 and so on. */
#define OCTETS "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"
static const struct siphash_key counted = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
static const struct siphash_key zero = { 0, 0 };

/* Of SipHash-2-4 the authors give an example. Those of 1-3 are what CPython 3.11 with
 * PYTHONHASHSEED=0 takes for the hash of these texts. */
static const struct sip_case {
    const struct siphash_key *key;
    unsigned c, d;
    struct span text;
    uint64_t want;
} cases[] = {
    { &counted, 2, 4, SPAN_LIT(OCTETS), 0xa129ca6149be45e5 },
    { &zero, 1, 3, SPAN_LIT("a"), 0x407448d2b89b1813 },
    { &zero, 1, 3, SPAN_LIT("abc"), 0xc03bc3a0042630f2 },
    { &zero, 1, 3, SPAN_LIT("0123456"), 0x810aaf7acf670379 },
    { &zero, 1, 3, SPAN_LIT("01234567"), 0xda3dcedf84ea6cc6 },
    { &zero, 1, 3, SPAN_LIT("012345678"), 0xb79d8581f8552753 },
    { &zero, 1, 3, SPAN_LIT("The quick brown fox jumps over the lazy dog"), 0x8df676d3d00c451e },
};

START_TEST(known_texts_have_their_hash)
{
    const struct sip_case *c = &cases[_i];
    struct span text = unit_exact(c->text);
    ck_assert_uint_eq(siphash(c->key, text, c->c, c->d), c->want);
    free((void *)text.p);
}
END_TEST

START_TEST(each_half_of_the_key_counts)
{
    const struct siphash_key first = { 1, 0 }, second = { 0, 1 };
    struct span text = SPAN_LIT("a");
    ck_assert_uint_ne(siphash(&first, text, 1, 3), siphash(&zero, text, 1, 3));
    ck_assert_uint_ne(siphash(&second, text, 1, 3), siphash(&zero, text, 1, 3));
    ck_assert_uint_ne(siphash(&first, text, 1, 3), siphash(&second, text, 1, 3));
}
END_TEST

/* An empty one, absent or present, is hashed as well. */
START_TEST(no_text_has_a_hash_too)
{
    ck_assert_uint_eq(siphash(&counted, SPAN_ABSENT, 2, 4), siphash(&counted, SPAN_LIT(""), 2, 4));
    ck_assert_uint_ne(siphash(&counted, SPAN_ABSENT, 2, 4), siphash(&zero, SPAN_ABSENT, 2, 4));
    ck_assert_uint_ne(siphash(&zero, SPAN_LIT(""), 1, 3), siphash(&zero, SPAN_LIT("\0"), 1, 3));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("siphash");
    TCase *tc = tcase_create("siphash");
    tcase_add_loop_test(tc, known_texts_have_their_hash, 0, COUNT_OF(cases));
    tcase_add_test(tc, each_half_of_the_key_counts);
    tcase_add_test(tc, no_text_has_a_hash_too);
    suite_add_tcase(suite, tc);
    return suite;
}
