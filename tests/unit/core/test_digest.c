#include "tests/support/unit.h"

#include <string.h>

#include "core/digest.h"

#define PARTS_MAX 3

/* Made by another implementation. */
START_TEST(a_sequence_has_one_name)
{
    static const struct {
        struct span part[PARTS_MAX];
        size_t parts;
        size_t octets;
        const char *want;
    } rows[] = {
        { { { NULL, 0 } }, 0, 16, "47DEQpj8HBSa-_TImW-5JA" },
        { { { "", 0 } }, 1, 16, "r1Vw9aGBC3r3jK9LxwpmDw" },
        { { { NULL, 0 } }, 1, 16, "r1Vw9aGBC3r3jK9LxwpmDw" },
        { { { "abc", 3 } }, 1, 16, "w0lMoaLPjuuKEd7TFvtVuA" },
        { { { "abc", 3 } }, 1, 8, "w0lMoaLPjus" },
        { { { "abc", 3 } }, 1, 32, "w0lMoaLPjuuKEd7TFvtVuDw7u-22MTzVBBUlHl0J4S8" },
        { { { "ab", 2 }, { "c", 1 } }, 2, 16, "YB1UduLM_iyHorunoyJllw" },
        { { { "a\0b\xff", 4 } }, 1, 16, "xymI-8dKpCF2ebm_2ZWBKw" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char out[BASE64URL_LEN(DIGEST_OCTETS_MAX) + 1];
        ck_assert(digest_write(rows[i].part, rows[i].parts, rows[i].octets, out));
        ck_assert_msg(strcmp(out, rows[i].want) == 0, "row %zu: %s", i, out);
    }
}
END_TEST

START_TEST(length_has_two_octets_too)
{
    char text[1000], out[BASE64URL_LEN(16) + 1];
    memset(text, 'x', sizeof(text));
    struct span part = { text, sizeof(text) };
    ck_assert(digest_write(&part, 1, 16, out));
    ck_assert_str_eq(out, "NmgHCpL5YmesPSlO-uT0bQ");
}
END_TEST

/* Sequences that read the same one behind the other. */
START_TEST(another_sequence_has_another_name)
{
    static const struct span sequences[][PARTS_MAX] = {
        { { "abc", 3 }, { NULL, 0 }, { NULL, 0 } }, { { NULL, 0 }, { "abc", 3 }, { NULL, 0 } },
        { { "a", 1 }, { "bc", 2 }, { NULL, 0 } },   { { "ab", 2 }, { "c", 1 }, { NULL, 0 } },
        { { "ab", 2 }, { NULL, 0 }, { "c", 1 } },   { { "a", 1 }, { "b", 1 }, { "c", 1 } },
    };
    char out[COUNT_OF(sequences)][BASE64URL_LEN(16) + 1];
    for (size_t i = 0; i < COUNT_OF(sequences); i++) {
        ck_assert(digest_write(sequences[i], PARTS_MAX, 16, out[i]));
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(out[i], out[j]);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("digest");
    TCase *tc = tcase_create("digest");
    tcase_add_test(tc, a_sequence_has_one_name);
    tcase_add_test(tc, length_has_two_octets_too);
    tcase_add_test(tc, another_sequence_has_another_name);
    suite_add_tcase(suite, tc);
    return suite;
}
