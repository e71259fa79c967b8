#include "tests/support/unit.h"

#include "ctl/import_sync.h"

static const struct {
    const char *text; /* NULL: not given */
    bool good;
    size_t users, limit;
} cases[] = {
    { NULL, true, 0, 10 },
    { NULL, true, 200, 10 },
    { NULL, true, 219, 10 },
    { NULL, true, 220, 11 },
    { NULL, true, 100000, 5000 },
    { "0", true, 1000, 0 },
    { "7", true, 1000, 7 },
    { "18446744073709551615", true, 1000, SIZE_MAX },
    { "0%", true, 1000, 0 },
    { "20%", true, 1000, 200 },
    { "20%", true, 4, 0 },
    { "100%", true, 3, 3 },
    { "", false, 0, 0 },
    { "%", false, 0, 0 },
    { "101%", false, 0, 0 },
    { "-1", false, 0, 0 },
    { "5 %", false, 0, 0 },
    { "ten", false, 0, 0 },
    { "18446744073709551616", false, 0, 0 },
};

START_TEST(limits)
{
    struct import_limit limit = { .given = false };
    ck_assert(!cases[_i].text || import_limit_parse(cases[_i].text, &limit) == cases[_i].good);
    if (cases[_i].good)
        ck_assert_uint_eq(import_limit_of(&limit, cases[_i].users), cases[_i].limit);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("import_sync");
    TCase *tc = tcase_create("import_sync");
    tcase_add_loop_test(tc, limits, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
