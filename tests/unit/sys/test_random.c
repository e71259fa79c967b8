#include "tests/support/unit.h"

#include <string.h>

#include "sys/random.h"

START_TEST(octets_fill_exactly_what_is_asked)
{
    static const size_t sizes[] = { 0, 1, 16, 255, 256, 257, 1000 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        unsigned char *out = calloc(1, sizes[i] + 1);
        ck_assert_ptr_nonnull(out);
        out[sizes[i]] = 0xa5;
        ck_assert(random_octets(out, sizes[i]));
        ck_assert_uint_eq(out[sizes[i]], 0xa5);
        free(out);
    }
}
END_TEST

/* Sixteen zeros in a row stay behind only where an octet was not filled, or once in 2^128. */
START_TEST(the_last_octets_are_filled_too)
{
    static const unsigned char zeros[16];
    unsigned char out[1000] = { 0 };
    ck_assert(random_octets(out, sizeof(out)));
    for (size_t i = 0; i + sizeof(zeros) <= sizeof(out); i++)
        ck_assert(memcmp(out + i, zeros, sizeof(zeros)) != 0);
}
END_TEST

START_TEST(a_name_has_its_length_and_letters)
{
    for (size_t n = 0; n < 100; n++) {
        char *name = malloc(n + 1);
        ck_assert_ptr_nonnull(name);
        ck_assert(random_name(name, n));
        ck_assert_uint_eq(strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz"), n);
        ck_assert_int_eq(name[n], '\0');
        free(name);
    }
}
END_TEST

START_TEST(two_names_differ)
{
    char a[33], b[33];
    ck_assert(random_name(a, 32));
    ck_assert(random_name(b, 32));
    ck_assert_str_ne(a, b);
}
END_TEST

/* 360,000 letters, 10,000 of each expected, standard deviation 99. Taking octets modulo 36 without
 * throwing any away would give 11,250 of each of the first four and 9,844 of the others. */
START_TEST(no_letter_is_likelier)
{
    static char name[360001];
    unsigned count[256] = { 0 };
    ck_assert(random_name(name, sizeof(name) - 1));
    for (const char *p = name; *p; p++)
        count[(unsigned char)*p]++;
    for (const char *p = "0123456789abcdefghijklmnopqrstuvwxyz"; *p; p++) {
        ck_assert_uint_gt(count[(unsigned char)*p], 9300);
        ck_assert_uint_lt(count[(unsigned char)*p], 10700);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("random");
    TCase *tc = tcase_create("random");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, octets_fill_exactly_what_is_asked);
    tcase_add_test(tc, the_last_octets_are_filled_too);
    tcase_add_test(tc, a_name_has_its_length_and_letters);
    tcase_add_test(tc, two_names_differ);
    tcase_add_test(tc, no_letter_is_likelier);
    suite_add_tcase(suite, tc);
    return suite;
}
