#include "tests/support/unit.h"

#include "ctl/since.h"

#define NOW INT64_C(1769860800500) /* 2026-01-31 12:00:00.5 UTC */
#define NONE INT64_C(-1)

static const struct {
    const char *text;
    int64_t ms; /* NONE: refused */
} cases[] = {
    { "0s", NOW },
    { "90s", NOW - 90000 },
    { "30m", NOW - INT64_C(30) * 60000 },
    { "2h", NOW - INT64_C(2) * 3600000 },
    { "3d", NOW - INT64_C(3) * 86400000 },
    { "1w", NOW - INT64_C(7) * 86400000 },
    { "18446744073709551615w", 0 },
    { "1769860800s", 500 },
    { "1769860801s", 0 },
    { "2026-01-31", INT64_C(1769817600000) },
    { "2026-01-31Z", INT64_C(1769817600000) },
    { "2026-01-31T12:00", INT64_C(1769860800000) },
    { "2026-01-31 12:00", INT64_C(1769860800000) },
    { "2026-01-31T12:00:01", INT64_C(1769860801000) },
    { "2026-01-31 12:00:01Z", INT64_C(1769860801000) },
    { "1969-12-31", 0 },
    { "9999-12-31T23:59:59", INT64_C(253402300799000) },
    { "", NONE },
    { "h", NONE },
    { "2", NONE },
    { "2x", NONE },
    { "-2h", NONE },
    { " 2h", NONE },
    { "2h ", NONE },
    { "18446744073709551616s", NONE },
    { "2026-13-01", NONE },
    { "2026-01-31T", NONE },
    { "2026-01-31T12", NONE },
    { "2026-01-31T12:00:00+01:00", NONE },
    { "yesterday", NONE },
};

START_TEST(moments_are_read)
{
    int64_t ms = 42;
    bool read = since_parse(cases[_i].text, NOW, &ms);
    ck_assert_msg(read == (cases[_i].ms != NONE), "'%s'", cases[_i].text);
    ck_assert_msg(ms == (read ? cases[_i].ms : 42), "'%s': %lld", cases[_i].text, (long long)ms);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("since");
    TCase *tc = tcase_create("since");
    tcase_add_loop_test(tc, moments_are_read, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
