#include "tests/support/unit.h"

#include "ctl/milter_list.h"

#define QUEUE "/q"

static const struct {
    const char *list;
    bool chrooted;
    enum milter_reach reach;
    size_t at;
    const char *with; /* ours in it */
} lists[] = {
    { "", false, REACH_NOT, 0, "unix:c/m" },
    { "unix:c/m", false, REACH_RIGHT, 0, "unix:c/m" },
    { "unix:/q/c/m", false, REACH_RIGHT, 0, "unix:c/m" },
    { "unix:/q/c/m", true, REACH_WRONG, 0, "unix:c/m" },
    { "unix:/c/m", true, REACH_RIGHT, 0, "unix:c/m" },
    { "unix:a, unix:c/m", false, REACH_RIGHT, 1, "unix:a, unix:c/m" },
    { "{ unix:a, default_action = accept },{unix:c/m}", false, REACH_RIGHT, 1,
      "{ unix:a, default_action = accept }, {unix:c/m}" },
    { "inet:h:8893 inet:h:8891", false, REACH_NOT, 2, "inet:h:8893, unix:c/m, inet:h:8891" },
    { "unix:OpenDKIM/s inet:h:8891", false, REACH_NOT, 2,
      "unix:c/m, unix:OpenDKIM/s, inet:h:8891" },
    { "{", false, REACH_NOT, 1, "{, unix:c/m" },
    { ", ,", false, REACH_NOT, 0, "unix:c/m" },
};

START_TEST(test_list)
{
    struct endpoint ours;
    struct buf with;
    size_t at;
    ck_assert(endpoint_of_listen("unix:/q/c/m", &ours));
    enum milter_reach reach =
        milter_list_find(lists[_i].list, &ours, QUEUE, lists[_i].chrooted, &at);
    ck_assert_int_eq(reach, lists[_i].reach);
    ck_assert_uint_eq(at, lists[_i].at);
    buf_init(&with, 1000);
    milter_list_with(lists[_i].list, &ours, QUEUE, &with);
    ck_assert_str_eq(buf_text(&with), lists[_i].with);
    buf_free(&with);
}
END_TEST

static const struct {
    const char *text;
    const char *socket;
    const char *action; /* NULL: none of its own */
    enum milter_kind kind;
} items[] = {
    { "unix:c/m", "unix:c/m", NULL, MILTER_UNKNOWN },
    { "{ inet:localhost:8891, default_action=accept }", "inet:localhost:8891", "accept",
      MILTER_SIGNS },
    { "{ unix:x, connect_timeout=5s, { default_action = tempfail } }", "unix:x", "tempfail",
      MILTER_UNKNOWN },
    { "{unix:opendmarc/s}", "unix:opendmarc/s", NULL, MILTER_REJECTS },
    { "inet:localhost:11332", "inet:localhost:11332", NULL, MILTER_REJECTS },
    { "unix:DKIM", "unix:DKIM", NULL, MILTER_SIGNS },
    { "{}", "", NULL, MILTER_UNKNOWN },
};

START_TEST(test_item)
{
    struct span text = unit_exact(span_of(items[_i].text)), rest = text;
    struct milter_item item;
    ck_assert(milter_list_next(&rest, &item));
    ck_assert(item.socket.n == 0 ? items[_i].socket[0] == '\0'
                                 : span_eq(item.socket, span_of(items[_i].socket)));
    ck_assert_int_eq(span_present(item.default_action), items[_i].action != NULL);
    if (items[_i].action)
        unit_assert_span(item.default_action, items[_i].action, items[_i].text);
    ck_assert_int_eq(item.kind, items[_i].kind);
    ck_assert(!milter_list_next(&rest, &item));
    free((void *)text.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("milter_list");
    TCase *c = tcase_create("milter_list");
    tcase_add_loop_test(c, test_list, 0, COUNT_OF(lists));
    tcase_add_loop_test(c, test_item, 0, COUNT_OF(items));
    suite_add_tcase(s, c);
    return s;
}
