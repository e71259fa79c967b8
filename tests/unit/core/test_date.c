#include "tests/support/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/date.h"

#define UNTOUCHED INT64_C(-987654321)

struct good {
    struct span text;
    int64_t utc;
};

/* 1795256130 is 2026-11-21 10:15:30 UTC. */
static const struct good good[] = {
    { SPAN_LIT("Sat, 21 Nov 2026 10:15:30 +0000"), 1795256130 },
    { SPAN_LIT("21 Nov 2026 10:15:30 +0000"), 1795256130 },
    { SPAN_LIT("Mon, 21 Nov 2026 10:15:30 +0000"), 1795256130 },
    { SPAN_LIT("Sat 21 Nov 2026 10:15:30 +0000"), 1795256130 },
    { SPAN_LIT("Saturday, 21 November 2026 10:15:30 +0000"), 1795256130 },
    { SPAN_LIT("sat, 21 NOV 2026 10:15:30 gmt"), 1795256130 },
    { SPAN_LIT("Mar, 21 Nov 2026 10:15:30 GMT"), 1795256130 },
    { SPAN_LIT("s\xC3\xA1"
               "b, 21 Nov 2026 10:15:30 GMT"),
      1795256130 },
    { SPAN_LIT("  \r\n\tSat,\r\n 21\r\n Nov\r\n 2026\r\n 10:15:30\r\n +0000 \r\n"), 1795256130 },
    { SPAN_LIT("(a) Sat (b), (c) 21 (d) Nov (e) 2026 (f) 10 (g) : 15 : (h (i)) 30 +0000 (UTC)"),
      1795256130 },
    { SPAN_LIT("Sat,21 Nov 2026 10:15:30+0000"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 11:15:30 +0100 (CET)"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 02:15:30 -0800 (PST)"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 02:15:30 -0800 PST"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 15:45:30 +0530"), 1795256130 },
    { SPAN_LIT("Sun, 22 Nov 2026 00:15:30 +1400"), 1795256130 },
    { SPAN_LIT("Fri, 20 Nov 2026 22:15:30 -1200"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 10:15:30 -0000"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 11:15:30 +01:00"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 03:15:30 -700"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 11:15:30 GMT+0100"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 10:15:30"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 10:15:30 UT"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 05:15:30 EST"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 06:15:30 EDT"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 04:15:30 CST"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 05:15:30 CDT"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 03:15:30 MST"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 04:15:30 MDT"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 02:15:30 PST"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 03:15:30 PDT"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 10:15:30 Z"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 10:15:30 A"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 10:15:30 CEST"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 10:15:30.516 +0000 (UTC)"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 2026 10:15 +0000"), 1795256100 },
    { SPAN_LIT("Sat, 21 Nov 26 10:15:30 +0000"), 1795256130 },
    { SPAN_LIT("Sat, 21 Nov 126 10:15:30 +0000"), 1795256130 },
    { SPAN_LIT("1 Jan 50 00:00:00 +0000"), -631152000 },
    { SPAN_LIT("1 Jan 49 00:00:00 +0000"), 2493072000 },
    { SPAN_LIT("Sat Nov 21 10:15:30 2026"), 1795256130 },
    { SPAN_LIT("Nov 21 10:15:30 2026"), 1795256130 },
    { SPAN_LIT("Sat Nov 21 02:15:30 2026 -0800"), 1795256130 },
    { SPAN_LIT("Sat Nov 21 05:15:30 EST 2026"), 1795256130 },
    { SPAN_LIT("Sat Nov 21 11:15:30 +0100 2026"), 1795256130 },
    { SPAN_LIT("Sun, 1 Feb 2026 9:05:03 +0000"), 1769936703 },
    { SPAN_LIT("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600"), 880127706 },
    { SPAN_LIT("Thu, 1 Jan 1970 00:00:00 +0000"), 0 },
    { SPAN_LIT("Wed, 31 Dec 1969 23:59:59 +0000"), -1 },
    { SPAN_LIT("Thu,\r\n 13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)"), -27723480 },
    { SPAN_LIT("1 Jan 1900 00:00:00 +0000"), -2208988800 },
    { SPAN_LIT("31 Dec 9999 23:59:59 +0000"), 253402300799 },
    { SPAN_LIT("29 Feb 2024 12:00:00 +0000"), 1709208000 },
    { SPAN_LIT("29 Feb 2000 12:00:00 +0000"), 951825600 },
    { SPAN_LIT("1 Mar 2100 00:00:00 +0000"), 4107542400 },
    { SPAN_LIT("31 Dec 2016 23:59:60 +0000"), 1483228799 },
    { SPAN_LIT("19 Jan 2038 03:14:08 +0000"), 2147483648 },
    { SPAN_LIT("21 Nov 2026 10:15:30 +0000 (never closed"), 1795256130 },
};

static const struct span bad[] = {
    SPAN_LIT(""),
    SPAN_LIT(" \r\n "),
    SPAN_LIT("(comment)"),
    SPAN_LIT("hello"),
    SPAN_LIT("Sat,"),
    SPAN_LIT("10:15:30 +0000"),
    SPAN_LIT("21 Nov 2026"),
    SPAN_LIT("21 Nov 10:15:30 +0000"),
    SPAN_LIT("Nov 2026 10:15:30 +0000"),
    SPAN_LIT("0 Nov 2026 10:15:30 +0000"),
    SPAN_LIT("31 Jun 2026 10:15:30 +0000"),
    SPAN_LIT("32 Jan 2026 10:15:30 +0000"),
    SPAN_LIT("29 Feb 2026 10:15:30 +0000"),
    SPAN_LIT("29 Feb 2100 10:15:30 +0000"),
    SPAN_LIT("30 Feb 2024 10:15:30 +0000"),
    SPAN_LIT("100 Nov 2026 10:15:30 +0000"),
    SPAN_LIT("21 Nox 2026 10:15:30 +0000"),
    SPAN_LIT("21 No 2026 10:15:30 +0000"),
    SPAN_LIT("21 Novembers 2026 10:15:30 +0000"),
    SPAN_LIT("21 11 2026 10:15:30 +0000"),
    SPAN_LIT("21 Nov 2 10:15:30 +0000"),
    SPAN_LIT("21 Nov 1899 10:15:30 +0000"),
    SPAN_LIT("21 Nov 10000 10:15:30 +0000"),
    SPAN_LIT("21 Nov 99999999999999999999 10:15:30 +0000"),
    SPAN_LIT("21 Nov 2026 24:15:30 +0000"),
    SPAN_LIT("21 Nov 2026 25:15:30 +0000"),
    SPAN_LIT("21 Nov 2026 10:60:30 +0000"),
    SPAN_LIT("21 Nov 2026 10:15:61 +0000"),
    SPAN_LIT("21 Nov 2026 10:15:300 +0000"),
    SPAN_LIT("21 Nov 2026 101530 +0000"),
    SPAN_LIT("21 Nov 2026 10: +0000"),
    SPAN_LIT("21 Nov 2026 10:15: +0000"),
    SPAN_LIT("21 Nov 2026 10:15:30 +0060"),
    SPAN_LIT("21 Nov 2026 10:15:30 +01:60"),
    SPAN_LIT("21 Nov 2026 10:15:30 +01000"),
    SPAN_LIT("21 Nov 2026 10:15:30 +"),
    SPAN_LIT("21 Nov 2026 10:15:30 +-100"),
    SPAN_LIT("21 Nov 2026 10:15:30 +0000 1"),
    SPAN_LIT("21 Nov 2026 10:15:30 +0000 PST PST"),
    SPAN_LIT("21 Nov 2026 10:15:30 +0000; 1"),
    SPAN_LIT("-1 Nov 2026 10:15:30 +0000"),
    SPAN_LIT("2026-11-21T10:15:30Z"),
    SPAN_LIT("Sat Nov 21 2026"),
    SPAN_LIT("Sat Nov 31 10:15:30 2026"),
    SPAN_LIT("21 Nov 2026 10:15:30\0+0000"),
};

START_TEST(what_the_world_writes_is_read)
{
    struct span text = unit_exact(good[_i].text);
    int64_t utc = UNTOUCHED;
    ck_assert_msg(date_parse(text, &utc), "refused: %.*s", SPAN_ARG(text));
    ck_assert_msg(utc == good[_i].utc, "%.*s: got %" PRId64 ", want %" PRId64, SPAN_ARG(text), utc,
                  good[_i].utc);
    free((void *)text.p);
}
END_TEST

START_TEST(what_is_no_date_is_refused)
{
    struct span text = unit_exact(bad[_i]);
    int64_t utc = UNTOUCHED;
    ck_assert_msg(!date_parse(text, &utc), "taken: %.*s", SPAN_ARG(text));
    ck_assert_int_eq(utc, UNTOUCHED);
    free((void *)text.p);
}
END_TEST

/* Every cut of a date is read inside its block, and no cut of it before the year is one. */
START_TEST(truncated_dates_are_read_within_bounds)
{
    struct span whole = good[_i].text;
    for (size_t n = 0; n < whole.n; n++) {
        struct span cut = unit_exact((struct span){ whole.p, n });
        int64_t utc = UNTOUCHED;
        bool ok = date_parse(cut, &utc);
        ck_assert_msg(ok == (utc != UNTOUCHED), "%.*s", SPAN_ARG(cut));
        ck_assert_msg(!ok || n > strlen("1 Jan 50 0:0"), "%.*s", SPAN_ARG(cut));
        free((void *)cut.p);
    }
}
END_TEST

START_TEST(each_day_follows_the_one_before)
{
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int64_t want = INT64_C(-2208988800);
    for (int year = 1900; year <= 2200; year++)
        for (size_t month = 0; month < 12; month++)
            for (int day = 1; day <= 31; day++) {
                char text[64];
                int64_t utc;
                snprintf(text, sizeof text, "%d %s %d 00:00:00 +0000", day, months[month], year);
                if (!date_parse(span_of(text), &utc))
                    continue;
                ck_assert_msg(utc == want, "%s", text);
                want += 86400;
            }
    ck_assert_int_eq(want, INT64_C(7289654400)); /* 2201-01-01 */
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("date");
    TCase *tc = tcase_create("date");
    int goods = (int)(sizeof good / sizeof *good);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, what_the_world_writes_is_read, 0, goods);
    tcase_add_loop_test(tc, what_is_no_date_is_refused, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_loop_test(tc, truncated_dates_are_read_within_bounds, 0, goods);
    tcase_add_test(tc, each_day_follows_the_one_before);
    suite_add_tcase(suite, tc);
    return suite;
}
