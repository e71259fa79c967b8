#include "tests/support/unit.h"

#include <string.h>

#include "core/calendar.h"

#define BEGIN "BEGIN:VCALENDAR\r\n"
#define END "END:VCALENDAR\r\n"

static const struct {
    const char *text;
    bool want;
} rows[] = {
    { BEGIN "METHOD:REQUEST\r\n" END, true },
    { BEGIN "PRODID:-//A//B//EN\r\nVERSION:2.0\r\nMETHOD:REPLY\r\n" END, true },
    { BEGIN "method:cancel\r\n" END, true },
    { "begin:vcalendar\nMethod:Counter\nend:vcalendar\n", true },
    { BEGIN "METHOD:REQUEST", true },
    { BEGIN "METHOD;X-A=b:REQUEST\r\n", true },
    { BEGIN "METHOD;X-A=\"b:;\":REQUEST\r\n", true },
    { BEGIN "METHOD: REQUEST\r\n", true },
    { "\xef\xbb\xbf" BEGIN "METHOD:REQUEST\r\n", true },
    { "\r\n\r\n" BEGIN "\r\nMETHOD:REQUEST\r\n", true },
    /* Folded (RFC 5545 section 3.1). */
    { BEGIN "ME\r\n THOD:REQUEST\r\n", true },
    { BEGIN "METHOD\r\n\t:REQUEST\r\n", true },
    { BEGIN "METHOD:\r\n REQUEST\r\n", true },
    { "BEGIN:\r\n VCALENDAR\r\nMETHOD:REQUEST\r\n", true },
    { BEGIN "M\r\n E\r\n T\r\n H\r\n O\r\n D\r\n :\r\n R\r\n", true },
    { BEGIN "DESCRIPTION:x\r\n METHOD:REQUEST\r\n" END, false },
    { BEGIN "DESCRIPTION:\r\n METHOD:REQUEST\r\n" END, false },
    /* Behind a component, and in a second object. */
    { BEGIN "BEGIN:VEVENT\r\nEND:VEVENT\r\nMETHOD:REQUEST\r\n" END, true },
    { BEGIN END BEGIN "METHOD:REQUEST\r\n" END, true },
    { BEGIN "BEGIN:VEVENT\r\nMETHOD:REQUEST\r\nEND:VEVENT\r\n" END, false },
    { BEGIN "BEGIN:VEVENT\r\nMETHOD:REQUEST\r\n", false },
    { "METHOD:REQUEST\r\n" BEGIN END, false },
    { BEGIN END "METHOD:REQUEST\r\n", false },
    { "END:VCALENDAR\r\nMETHOD:REQUEST\r\n", false },
    /* None. */
    { BEGIN "VERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:METHOD:REQUEST\r\nEND:VEVENT\r\n" END, false },
    { BEGIN "METHOD:\r\n" END, false },
    { BEGIN "METHOD: \t\r\n" END, false },
    { BEGIN "METHOD\r\n" END, false },
    { BEGIN "METHOD;X-A=\":REQUEST\r\n" END, false },
    { BEGIN "METHOD REQUEST\r\n" END, false },
    { BEGIN "METHODS:REQUEST\r\n" END, false },
    { BEGIN "X-METHOD:REQUEST\r\n" END, false },
    { BEGIN "METHO:REQUEST\r\n" END, false },
    { BEGIN "METHODIC-AL:REQUEST\r\n" END, false },
    { "", false },
    { ":", false },
    { "\r\n", false },
};

START_TEST(a_method_is_found_where_it_counts)
{
    struct calendar c;
    calendar_init(&c);
    for (const char *p = rows[_i].text; *p; p++)
        calendar_take(&c, *p);
    ck_assert_msg(c.has_method == rows[_i].want, "%s", rows[_i].text);
}
END_TEST

/* However many components are open, none of them is left by one end too few. */
START_TEST(depth_does_not_wrap)
{
    struct calendar c;
    calendar_init(&c);
    for (unsigned i = 0; i < 1000005; i++)
        for (const char *p = "BEGIN:X\n"; *p; p++)
            calendar_take(&c, *p);
    for (const char *p = "METHOD:REQUEST\n"; *p; p++)
        calendar_take(&c, *p);
    ck_assert(!c.has_method);
    ck_assert_uint_gt(c.depth, 1);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("calendar");
    TCase *tc = tcase_create("calendar");
    tcase_add_loop_test(tc, a_method_is_found_where_it_counts, 0, COUNT_OF(rows));
    tcase_add_test(tc, depth_does_not_wrap);
    suite_add_tcase(s, tc);
    return s;
}
