#include "tests/support/unit.h"

#include <errno.h>
#include <string.h>

#include "ctl/endpoint.h"

#define QUEUE "/var/spool/postfix"

static const struct {
    const char *text;
    bool good;
    bool local;
    const char *path;
    const char *host;
    unsigned port;
    const char *named; /* by Postfix */
} listens[] = {
    { "unix:/var/spool/postfix/coexist/m.sock", true, true, "/var/spool/postfix/coexist/m.sock", "",
      0, "unix:coexist/m.sock" },
    { "local:/run//coexist///m", true, true, "/run/coexist/m", "", 0, "unix:/run/coexist/m" },
    { "unix:/var/spool/postfixes/m", true, true, "/var/spool/postfixes/m", "", 0,
      "unix:/var/spool/postfixes/m" },
    { "inet:8890@127.0.0.1", true, false, "", "127.0.0.1", 8890, "inet:127.0.0.1:8890" },
    { "inet6:8890@2001:db8::1", true, false, "", "2001:db8::1", 8890, "inet:[2001:db8::1]:8890" },
    { "inet:1@filter.example", true, false, "", "filter.example", 1, "inet:filter.example:1" },
    { "inet:65536@h", false, false, "", "", 0, "" },
    { "inet:x@h", false, false, "", "", 0, "" },
    { "inet:8890", false, false, "", "", 0, "" },
    { "inet:@h", false, false, "", "", 0, "" },
    { "unix:", false, false, "", "", 0, "" },
    { "fifo:/x", false, false, "", "", 0, "" },
    { "", false, false, "", "", 0, "" },
};

START_TEST(test_listen)
{
    struct endpoint e;
    struct buf named;
    ck_assert_int_eq(endpoint_of_listen(listens[_i].text, &e), listens[_i].good);
    if (!listens[_i].good)
        return;
    ck_assert_int_eq(e.local, listens[_i].local);
    ck_assert_str_eq(e.path, listens[_i].path);
    ck_assert_str_eq(e.host, listens[_i].host);
    ck_assert_uint_eq(e.port, listens[_i].port);
    buf_init(&named, 1000);
    endpoint_for_postfix(&e, QUEUE, &named);
    ck_assert_str_eq(buf_text(&named), listens[_i].named);
    buf_clear(&named);
    endpoint_for_postfix(&e, QUEUE "/", &named);
    ck_assert_str_eq(buf_text(&named), listens[_i].named);
    buf_free(&named);
}
END_TEST

static const struct {
    const char *text;
    bool chrooted;
    const char *path; /* NULL: not good, or no path */
    const char *host;
    unsigned port;
} postfixes[] = {
    { "unix:coexist/m.sock", false, QUEUE "/coexist/m.sock", "", 0 },
    { "unix:coexist/m.sock", true, QUEUE "/coexist/m.sock", "", 0 },
    { "unix:/run/m.sock", false, "/run/m.sock", "", 0 },
    { "unix:/run/m.sock", true, QUEUE "/run/m.sock", "", 0 },
    { "inet:localhost:8890", true, NULL, "localhost", 8890 },
    { "INET:[::1]:8890", false, NULL, "::1", 8890 },
    { "inet:localhost:milter", false, NULL, NULL, 0 },
    { "inet::25", false, NULL, NULL, 0 },
    { "tcp:localhost:1", false, NULL, NULL, 0 },
    { "", false, NULL, NULL, 0 },
};

START_TEST(test_postfix)
{
    struct endpoint e;
    struct span text = unit_exact(span_of(postfixes[_i].text));
    bool good = endpoint_of_postfix(text, QUEUE, postfixes[_i].chrooted, &e);
    free((void *)text.p);
    ck_assert_int_eq(good, postfixes[_i].path || postfixes[_i].host);
    if (!good)
        return;
    ck_assert_str_eq(e.path, postfixes[_i].path ? postfixes[_i].path : "");
    ck_assert_str_eq(e.host, postfixes[_i].host ? postfixes[_i].host : "");
    ck_assert_uint_eq(e.port, postfixes[_i].port);
}
END_TEST

START_TEST(test_a_path_that_is_too_long)
{
    char text[ENDPOINT_TEXT_MAX + 16] = "unix:/";
    struct endpoint e;
    memset(text + 6, 'x', sizeof(text) - 7);
    text[sizeof(text) - 1] = '\0';
    ck_assert(!endpoint_of_listen(text, &e));
    text[ENDPOINT_TEXT_MAX + 4] = '\0';
    ck_assert(endpoint_of_listen(text, &e));
    ck_assert_int_eq(endpoint_try(&e, 100), ENAMETOOLONG);
}
END_TEST

static const struct {
    const char *a, *b;
    bool same;
} pairs[] = {
    { "unix:/a/b", "unix:/a//b", true },
    { "unix:/a/b", "unix:/a/c", false },
    { "inet:1@localhost", "inet:1@127.0.0.1", true },
    { "inet:1@LOCALHOST", "inet6:1@::1", true },
    { "inet:1@localhost", "inet:2@localhost", false },
    { "inet:1@0.0.0.0", "inet:1@192.0.2.1", true },
    { "inet6:1@::", "inet:1@127.0.0.1", true },
    { "inet:1@a.example", "inet:1@A.Example", true },
    { "inet:1@a.example", "inet:1@b.example", false },
    { "inet:1@a.example", "unix:/a.example", false },
};

START_TEST(test_same)
{
    struct endpoint a, b;
    ck_assert(endpoint_of_listen(pairs[_i].a, &a));
    ck_assert(endpoint_of_listen(pairs[_i].b, &b));
    ck_assert_int_eq(endpoint_eq(&a, &b), pairs[_i].same);
    ck_assert_int_eq(endpoint_eq(&b, &a), pairs[_i].same);
}
END_TEST

START_TEST(test_nobody_there)
{
    struct endpoint e;
    ck_assert(endpoint_of_listen("unix:/nonexistent/m.sock", &e));
    ck_assert_int_eq(endpoint_try(&e, 100), ENOENT);
    ck_assert(endpoint_of_host(SPAN_LIT("127.0.0.1:1"), &e));
    ck_assert_int_eq(endpoint_try(&e, 1000), ECONNREFUSED);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("endpoint");
    TCase *c = tcase_create("endpoint");
    tcase_add_loop_test(c, test_listen, 0, COUNT_OF(listens));
    tcase_add_loop_test(c, test_postfix, 0, COUNT_OF(postfixes));
    tcase_add_loop_test(c, test_same, 0, COUNT_OF(pairs));
    tcase_add_test(c, test_a_path_that_is_too_long);
    tcase_add_test(c, test_nobody_there);
    suite_add_tcase(s, c);
    return s;
}
