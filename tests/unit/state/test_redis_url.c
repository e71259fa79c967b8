#include "tests/support/unit.h"

#include "state/redis_url.h"

#define A_26 "abcdefghijklmnopqrstuvwxyz"
#define A_106 "/" A_26 A_26 A_26 A_26 "a"

/* What a field keeps when the URL does not name it. */
#define PORT_BEFORE 1
#define DATABASE_BEFORE 9

static const struct good_case {
    const char *url;
    struct redis_config want;
} good_cases[] = {
    { "redis://127.0.0.1:6379/0", { .host = "127.0.0.1", .port = 6379, .database = 0 } },
    { "redis://localhost",
      { .host = "localhost", .port = PORT_BEFORE, .database = DATABASE_BEFORE } },
    { "redis://h/", { .host = "h", .port = PORT_BEFORE, .database = DATABASE_BEFORE } },
    { "redis://h:65535/15", { .host = "h", .port = 65535, .database = 15 } },
    { "redis://h/3", { .host = "h", .port = PORT_BEFORE, .database = 3 } },
    { "redis://[::1]:7000/2", { .host = "::1", .port = 7000, .database = 2 } },
    { "redis://[2001:db8::192.0.2.1]",
      { .host = "2001:db8::192.0.2.1", .port = PORT_BEFORE, .database = DATABASE_BEFORE } },
    { "redis://:s3cret@h:1/0", { .host = "h", .port = 1, .database = 0, .password = "s3cret" } },
    { "redis://u:p@h:1/0",
      { .host = "h", .port = 1, .database = 0, .user = "u", .password = "p" } },
    { "redis://u@h:1/0", { .host = "h", .port = 1, .database = 0, .user = "u", .password = "" } },
    { "redis://u%3av:p%40%2F%25@h:1/0",
      { .host = "h", .port = 1, .database = 0, .user = "u:v", .password = "p@/%" } },
    { "redis://u:a@b:c@h:1/0",
      { .host = "h", .port = 1, .database = 0, .user = "u", .password = "a@b:c" } },
    { "unix:///run/redis/redis.sock",
      { .path = "/run/redis/redis.sock", .port = PORT_BEFORE, .database = DATABASE_BEFORE } },
    { "unix:///a%20b%3f?db=4", { .path = "/a b?", .port = PORT_BEFORE, .database = 4 } },
    { "unix://" A_106, { .path = A_106, .port = PORT_BEFORE, .database = DATABASE_BEFORE } },
};

static void assert_text(const char *got, const char *want, const char *what)
{
    unit_assert_span(span_of(got), want, what);
}

START_TEST(good_urls_are_read)
{
    const struct good_case *c = &good_cases[_i];
    struct redis_config got = { .port = PORT_BEFORE,
                                .database = DATABASE_BEFORE,
                                .prefix = "p:",
                                .connect_timeout_ms = 11,
                                .command_timeout_ms = 12 };
    char *storage;
    const char *fault = redis_url_parse(c->url, &got, &storage);
    ck_assert_msg(!fault, "%s: %s", c->url, fault);
    assert_text(got.host, c->want.host, "host");
    assert_text(got.path, c->want.path, "path");
    assert_text(got.user, c->want.user, "user");
    assert_text(got.password, c->want.password, "password");
    ck_assert_uint_eq(got.port, c->want.port);
    ck_assert_uint_eq(got.database, c->want.database);
    assert_text(got.prefix, "p:", "prefix");
    ck_assert_uint_eq(got.connect_timeout_ms, 11);
    ck_assert_uint_eq(got.command_timeout_ms, 12);
    free(storage);
}
END_TEST

static const struct bad_case {
    const char *url;
    const char *fault;
} bad_cases[] = {
    { "", "the URL does not begin with redis:// or unix://" },
    { "memory:", "the URL does not begin with redis:// or unix://" },
    { "rediss://h", "the URL does not begin with redis:// or unix://" },
    { "redis+sentinel://h/m", "the URL does not begin with redis:// or unix://" },
    { "redis:/h", "the URL does not begin with redis:// or unix://" },
    { "redis://", "the host is missing or is not a name or an address" },
    { "redis:///1", "the host is missing or is not a name or an address" },
    { "redis://:6379", "the host is missing or is not a name or an address" },
    { "redis://a b", "the host is missing or is not a name or an address" },
    { "redis://h?db=1", "the host is missing or is not a name or an address" },
    { "redis://h:", "the port is not a number from 1 to 65535" },
    { "redis://h:0", "the port is not a number from 1 to 65535" },
    { "redis://h:65536", "the port is not a number from 1 to 65535" },
    { "redis://h:x", "the port is not a number from 1 to 65535" },
    { "redis://h:1:2", "the port is not a number from 1 to 65535" },
    { "redis://::1", "the host is missing or is not a name or an address" },
    { "redis://[::1", "the text in brackets is not an IPv6 address" },
    { "redis://[h]", "the text in brackets is not an IPv6 address" },
    { "redis://[]", "the text in brackets is not an IPv6 address" },
    { "redis://[::1]6379", "only a port may stand behind an address in brackets" },
    { "redis://[::1]:", "the port is not a number from 1 to 65535" },
    { "redis://h/x", "the database is not a number" },
    { "redis://h/1/2", "the database is not a number" },
    { "redis://h/-1", "the database is not a number" },
    { "redis://h/2147483648", "the database is not a number" },
    { "redis://@h", "the user and password are empty" },
    { "redis://:@h", "the user and password are empty" },
    { "redis://u:%zz@h", "the user or password has a % without two hexadecimal digits, or a NUL" },
    { "redis://u:%4@h", "the user or password has a % without two hexadecimal digits, or a NUL" },
    { "redis://%00:p@h", "the user or password has a % without two hexadecimal digits, or a NUL" },
    { "unix://", "unix:// is not followed by an absolute path" },
    { "unix:///", "unix:// is not followed by an absolute path" },
    { "unix://run/redis.sock", "unix:// is not followed by an absolute path" },
    { "unix:///a%", "the path has a % without two hexadecimal digits, or a NUL" },
    { "unix:///a%00b", "the path has a % without two hexadecimal digits, or a NUL" },
    { "unix://" A_106 "a", "the path of the socket has more than 106 octets" },
    { "unix:///a?", "only db=NUMBER may stand behind the ?" },
    { "unix:///a?password=x", "only db=NUMBER may stand behind the ?" },
    { "unix:///a?db=", "the database is not a number" },
    { "unix:///a?db=1&x=2", "the database is not a number" },
};

START_TEST(bad_urls_are_named_and_change_nothing)
{
    const struct bad_case *c = &bad_cases[_i];
    struct redis_config got = { .host = "before", .port = PORT_BEFORE };
    char *storage;
    const char *fault = redis_url_parse(c->url, &got, &storage);
    ck_assert_msg(fault, "%s: taken for good", c->url);
    ck_assert_str_eq(fault, c->fault);
    ck_assert_ptr_null(storage);
    ck_assert_str_eq(got.host, "before");
    ck_assert_uint_eq(got.port, PORT_BEFORE);
    ck_assert_ptr_null(got.user);
    ck_assert_ptr_null(got.path);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_url");
    TCase *tc = tcase_create("redis_url");
    tcase_add_loop_test(tc, good_urls_are_read, 0, COUNT_OF(good_cases));
    tcase_add_loop_test(tc, bad_urls_are_named_and_change_nothing, 0, COUNT_OF(bad_cases));
    suite_add_tcase(suite, tc);
    return suite;
}
