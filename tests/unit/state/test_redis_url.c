#include "tests/support/unit.h"

#include "state/redis_url.h"

#define A_26 "abcdefghijklmnopqrstuvwxyz"
#define A_106 "/" A_26 A_26 A_26 A_26 "a"

#define A_255 A_52 A_52 A_52 A_52 A_26 "abcdefghijklmnopqrstu"
#define A_52 A_26 A_26
#define A_256 "a" A_255
#define HOSTS_16 "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p"

#define NO_SCHEME                                                                                  \
    "the URL does not begin with redis://, rediss://, unix://, redis+sentinel:// or "              \
    "rediss+sentinel://"
#define NO_MASTER "behind the Sentinels there is no /NAME of a master"
#define UNIX_WORDS "only db=NUMBER, user=U and password=P may stand behind the ?"
#define SENTINEL_WORDS "only sentinel_user=U and sentinel_password=P may stand behind the ?"

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
    { "unix:///a?user=u%26v&password=p%3d&db=4",
      { .path = "/a", .port = PORT_BEFORE, .database = 4, .user = "u&v", .password = "p=" } },
    { "unix:///a?password=a=b?c",
      { .path = "/a", .port = PORT_BEFORE, .database = DATABASE_BEFORE, .password = "a=b?c" } },
    { "unix:///a?user=u",
      { .path = "/a",
        .port = PORT_BEFORE,
        .database = DATABASE_BEFORE,
        .user = "u",
        .password = "" } },
    { "redis+sentinel://s1/mymaster",
      { .sentinels = 1,
        .sentinel = { { "s1", 0 } },
        .master = "mymaster",
        .port = PORT_BEFORE,
        .database = DATABASE_BEFORE } },
    { "redis+sentinel://u:p@s1:26380,[::1]:7,10.0.0.1/my%2fm/"
      "3?sentinel_user=su&sentinel_password=%26",
      { .sentinels = 3,
        .sentinel = { { "s1", 26380 }, { "::1", 7 }, { "10.0.0.1", 0 } },
        .master = "my/m",
        .user = "u",
        .password = "p",
        .sentinel_user = "su",
        .sentinel_password = "&",
        .port = PORT_BEFORE,
        .database = 3 } },
    { "redis+sentinel://:p?@s/m/?sentinel_user=su",
      { .sentinels = 1,
        .sentinel = { { "s", 0 } },
        .master = "m",
        .password = "p?",
        .sentinel_user = "su",
        .sentinel_password = "",
        .port = PORT_BEFORE,
        .database = DATABASE_BEFORE } },
    { "redis+sentinel://" HOSTS_16 "/m",
      { .sentinels = 16,
        .sentinel = { { "a", 0 },
                      { "b", 0 },
                      { "c", 0 },
                      { "d", 0 },
                      { "e", 0 },
                      { "f", 0 },
                      { "g", 0 },
                      { "h", 0 },
                      { "i", 0 },
                      { "j", 0 },
                      { "k", 0 },
                      { "l", 0 },
                      { "m", 0 },
                      { "n", 0 },
                      { "o", 0 },
                      { "p", 0 } },
        .master = "m",
        .port = PORT_BEFORE,
        .database = DATABASE_BEFORE } },
    { "redis://" A_255, { .host = A_255, .port = PORT_BEFORE, .database = DATABASE_BEFORE } },
    { "unix://" A_106, { .path = A_106, .port = PORT_BEFORE, .database = DATABASE_BEFORE } },
};

/* With and without TLS, which not every build has. */
static const struct tls_case {
    const char *plain;
    const char *tls;
} tls_cases[] = {
    { "redis://u:p@h:7000/1", "rediss://u:p@h:7000/1" },
    { "redis+sentinel://h/m", "rediss+sentinel://h/m" },
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
                                .tls.on = true,
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
    assert_text(got.master, c->want.master, "master");
    assert_text(got.sentinel_user, c->want.sentinel_user, "sentinel_user");
    assert_text(got.sentinel_password, c->want.sentinel_password, "sentinel_password");
    ck_assert_uint_eq(got.port, c->want.port);
    ck_assert_uint_eq(got.database, c->want.database);
    ck_assert_uint_eq(got.sentinels, c->want.sentinels);
    for (size_t i = 0; i < got.sentinels; i++) {
        assert_text(got.sentinel[i].name, c->want.sentinel[i].name, "sentinel");
        ck_assert_uint_eq(got.sentinel[i].port, c->want.sentinel[i].port);
    }
    ck_assert(!got.tls.on);
    assert_text(got.prefix, "p:", "prefix");
    ck_assert_uint_eq(got.connect_timeout_ms, 11);
    ck_assert_uint_eq(got.command_timeout_ms, 12);
    free(storage);
}
END_TEST

START_TEST(tls_is_read_where_it_is_built_in)
{
    const struct tls_case *c = &tls_cases[_i];
    struct redis_config plain = { 0 }, tls = { 0 };
    char *storage[2];
    ck_assert_ptr_null(redis_url_parse(c->plain, &plain, &storage[0]));
    const char *fault = redis_url_parse(c->tls, &tls, &storage[1]);
    ck_assert(!plain.tls.on);
    ck_assert_int_eq(tls.tls.on, redis_tls_built_in());
    if (redis_tls_built_in()) {
        ck_assert_msg(!fault, "%s", fault);
        assert_text(tls.host, plain.host, "host");
        assert_text(tls.password, plain.password, "password");
        ck_assert_uint_eq(tls.port, plain.port);
        ck_assert_uint_eq(tls.database, plain.database);
        ck_assert_uint_eq(tls.sentinels, plain.sentinels);
    } else {
        ck_assert_str_eq(fault, "this build has no TLS, since its hiredis has none (Debian 13's "
                                "has): use a replica or a TLS tunnel on this host");
        ck_assert_ptr_null(storage[1]);
    }
    free(storage[0]);
    free(storage[1]);
}
END_TEST

static const struct bad_case {
    const char *url;
    const char *fault;
} bad_cases[] = {
    { "", NO_SCHEME },
    { "memory:", NO_SCHEME },
    { "redisx://h", NO_SCHEME },
    { "redis+sentinel:h/m", NO_SCHEME },
    { "redis:/h", NO_SCHEME },
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
    { "unix:///a?", UNIX_WORDS },
    { "unix:///a?db", UNIX_WORDS },
    { "unix:///a?sentinel_user=x", UNIX_WORDS },
    { "unix:///a?db=1&", UNIX_WORDS },
    { "unix:///a?db=1&x=2", UNIX_WORDS },
    { "unix:///a?db=", "the database is not a number" },
    { "unix:///a?user=%&db=1",
      "the user or password has a % without two hexadecimal digits, or a NUL" },
    { "redis+sentinel://", "the host is missing or is not a name or an address" },
    { "redis+sentinel://h", NO_MASTER },
    { "redis+sentinel://h/", NO_MASTER },
    { "redis+sentinel://h//1", NO_MASTER },
    { "redis+sentinel://h/%00", NO_MASTER },
    { "redis+sentinel://h/?sentinel_user=u", NO_MASTER },
    { "redis+sentinel://a,/m", "the host is missing or is not a name or an address" },
    { "redis+sentinel://a,,b/m", "the host is missing or is not a name or an address" },
    { "redis+sentinel://a:1,b:x/m", "the port is not a number from 1 to 65535" },
    { "redis+sentinel://u:p@/m", "the host is missing or is not a name or an address" },
    { "redis+sentinel://" HOSTS_16 ",q/m", "there are more than 16 Sentinels" },
    { "redis+sentinel://h/m/x", "the database is not a number" },
    { "redis+sentinel://h/m/1/2", "the database is not a number" },
    { "redis+sentinel://h/m?db=1", SENTINEL_WORDS },
    { "redis+sentinel://h/m?user=u", SENTINEL_WORDS },
    { "redis+sentinel://h/m?sentinel_password=%4",
      "the user or password has a % without two hexadecimal digits, or a NUL" },
    { "redis://" A_256, "the host is missing or is not a name or an address" },
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
    tcase_add_loop_test(tc, tls_is_read_where_it_is_built_in, 0, COUNT_OF(tls_cases));
    tcase_add_loop_test(tc, bad_urls_are_named_and_change_nothing, 0, COUNT_OF(bad_cases));
    suite_add_tcase(suite, tc);
    return suite;
}
