#include "base/count.h"
#include "tests/unit/sys/config_file.h"

#include <errno.h>
#include <sys/stat.h>

#define NOBODY 65534

#define LISTEN "; accepted: unix:/PATH, inet:PORT@HOST, inet6:PORT@HOST"
#define P "system primary { hosts = { \"p\" } }\n"
#define S "system secondary { hosts = { \"s\" } }\n"
#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16
#define X1024 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64 X64

static const struct {
    const char *text;
    const char *error;
} bad_values[] = {
    { "node = both\n" GOOD, "FILE:1: node: cannot be 'both'; accepted: primary, secondary" },
    { "\nname = \"no_host\"\n" GOOD, "FILE:2: name: cannot be 'no_host'; accepted: a host name" },
    { "name = 'a..b'" GOOD, "FILE:1: name: cannot be 'a..b'; accepted: a host name" },
    { "name = -a.b\n" GOOD, "FILE:1: name: cannot be '-a.b'; accepted: a host name" },
    { "name = 10.0.0.1\n" GOOD, "FILE:1: name: cannot be '10.0.0.1'; accepted: a host name" },
    { "listen = unix:run/x\n" GOOD, "FILE:1: listen: cannot be 'unix:run/x'" LISTEN },
    { "listen = /run/x\n" GOOD, "FILE:1: listen: cannot be '/run/x'" LISTEN },
    { "listen = inet:8890\n" GOOD, "FILE:1: listen: cannot be 'inet:8890'" LISTEN },
    { "listen = inet:0@h\n" GOOD, "FILE:1: listen: cannot be 'inet:0@h'" LISTEN },
    { "listen = inet:65536@h\n" GOOD, "FILE:1: listen: cannot be 'inet:65536@h'" LISTEN },
    { "listen = inet:1@::1\n" GOOD, "FILE:1: listen: cannot be 'inet:1@::1'" LISTEN },
    { "listen = inet6:1@1.2.3.4\n" GOOD, "FILE:1: listen: cannot be 'inet6:1@1.2.3.4'" LISTEN },
    { "listen = tcp:1@h\n" GOOD, "FILE:1: listen: cannot be 'tcp:1@h'" LISTEN },
    { "listen = unix:/" X64 X64 "\n" GOOD,
      "FILE:1: listen: cannot be 'unix:/" X16 X16 X16 "xxxxxxxxxx'" LISTEN },
    { "maps = maps.sock\n" GOOD, "FILE:1: maps: cannot be 'maps.sock'" LISTEN },
    { "socket_mode = 0680\n" GOOD,
      "FILE:1: socket_mode: cannot be '0680'; accepted: octal digits, at most \"0777\"" },
    { "socket_mode = 1777\n" GOOD,
      "FILE:1: socket_mode: cannot be '1777'; accepted: octal digits, at most \"0777\"" },
    { "user = 'a b'\n" GOOD, "FILE:1: user: cannot be 'a b'; accepted: a name of at most 32 "
                             "letters, digits, '-', '_', '.'" },
    { "socket_group = \"\"\n" GOOD, "FILE:1: socket_group: cannot be ''; accepted: a name of at "
                                    "most 32 letters, digits, '-', '_', '.'" },
    { "metrics = 9418\n" GOOD,
      "FILE:1: metrics: cannot be '9418'; accepted: HOST:PORT, [IPV6]:PORT" },
    { "metrics = ::1:9418\n" GOOD,
      "FILE:1: metrics: cannot be '::1:9418'; accepted: HOST:PORT, [IPV6]:PORT" },
    { "state = ''\n" GOOD, "FILE:1: state: not of the right form; accepted: a URL" },
    { "prefix = ''\n" GOOD,
      "FILE:1: prefix: cannot be ''; accepted: 1 to 64 printable characters without blank" },
    { "prefix = 'a b'\n" GOOD,
      "FILE:1: prefix: cannot be 'a b'; accepted: 1 to 64 printable characters without blank" },
    { "prefix = " X64 "y\n" GOOD, "FILE:1: prefix: cannot be '" X64
                                  "'; accepted: 1 to 64 printable characters without blank" },
    { "connect_timeout = 0\n" GOOD, "FILE:1: connect_timeout: cannot be '0'; accepted: a number "
                                    "from 1 to 60000 (milliseconds)" },
    { "command_timeout = 1s\n" GOOD, "FILE:1: command_timeout: cannot be '1s'; accepted: a number "
                                     "from 1 to 60000 (milliseconds)" },
    { "replica = ''\n" GOOD, "FILE:1: replica: not of the right form; accepted: a URL" },
    { "tls_ca = ca.pem\n" GOOD,
      "FILE:1: tls_ca: cannot be 'ca.pem'; accepted: an absolute path" },
    { "tls_cert = /cert\n" GOOD,
      "FILE: tls_key: not set; accepted: a file, since tls_cert is set" },
    { "tls_key = /key\n" GOOD,
      "FILE: tls_cert: not set; accepted: a file, since tls_key is set" },
    { "cache_entries = many\n" GOOD, "FILE:1: cache_entries: cannot be 'many'; accepted: a number "
                                     "from 0 to 100000000" },
    { "cache_max_age = 604801\n" GOOD, "FILE:1: cache_max_age: cannot be '604801'; accepted: a "
                                       "number from 0 to 604800 (seconds)" },
    { "stale_max = 24h\n" GOOD, "FILE:1: stale_max: cannot be '24h'; accepted: a number from 0 to "
                                "2592000 (seconds)" },
    { "snapshot = state\n" GOOD,
      "FILE:1: snapshot: cannot be 'state'; accepted: an absolute path, or \"\"" },
    { "snapshot_interval = 0\n" GOOD, "FILE:1: snapshot_interval: cannot be '0'; accepted: a "
                                      "number from 1 to 86400 (seconds)" },
    { "ledger_window = -1\n" GOOD, "FILE:1: ledger_window: cannot be '-1'; accepted: a number from "
                                   "0 to 604800 (seconds)" },
    { "breaker_limit = 100001\n" GOOD, "FILE:1: breaker_limit: cannot be '100001'; accepted: a "
                                       "number from 0 to 100000" },
    { "breaker_window = 0\n" GOOD, "FILE:1: breaker_window: cannot be '0'; accepted: a number from "
                                   "1 to 86400 (seconds)" },
    { "events_max = none\n" GOOD,
      "FILE:1: events_max: cannot be 'none'; accepted: a number from 0 to 100000000" },
    { "keys = keys\n" GOOD, "FILE:1: keys: cannot be 'keys'; accepted: an absolute path" },
    { "on_conflict = bounce\n" GOOD,
      "FILE:1: on_conflict: cannot be 'bounce'; accepted: defer, reject, deliver" },
    { "on_loop = Reject\n" GOOD,
      "FILE:1: on_loop: cannot be 'Reject'; accepted: reject, defer, hold, divert" },
    { "on_loop = divert loop_mailbox = ''\n" GOOD,
      "FILE: loop_mailbox: empty; accepted: a mailbox, since on_loop is divert" },
    { "max_crossings = 1\n" GOOD,
      "FILE:1: max_crossings: cannot be '1'; accepted: a number from 2 to 50" },
    { "max_hops = 1001\n" GOOD,
      "FILE:1: max_hops: cannot be '1001'; accepted: a number from 10 to 1000" },
    { "max_hops = -50\n" GOOD,
      "FILE:1: max_hops: cannot be '-50'; accepted: a number from 10 to 1000" },
    { "recipient_delimiter = '+-'\n" GOOD,
      "FILE:1: recipient_delimiter: cannot be '+-'; accepted: one character, or \"\"" },
    { "myorigin = 'a b'\n" GOOD, "FILE:1: myorigin: cannot be 'a b'; accepted: a domain" },
    { "recipient_delimiter = '@'\n" GOOD,
      "FILE:1: recipient_delimiter: cannot be '@'; accepted: one character, or \"\"" },
    { "system primary { hosts = { \"a\", \"\" } }",
      "FILE:1: hosts: cannot be ''; accepted: host names and *.patterns" },
    { "system primary {\n identify = 'secret'\n}",
      "FILE:2: identify: not of the right form; accepted: \"Header-Name: value\", \"cert: CN\"" },
    { "system primary {\n identify = 'X Y: v'\n}",
      "FILE:2: identify: not of the right form; accepted: \"Header-Name: value\", \"cert: CN\"" },
    { "system primary {\n identify = 'cert: '\n}",
      "FILE:2: identify: not of the right form; accepted: \"Header-Name: value\", \"cert: CN\"" },
    { "system primary { nexthop = relay }",
      "FILE:1: nexthop: cannot be 'relay'; accepted: TRANSPORT:NEXTHOP without blank" },
    { "domain a.b { home = moving }",
      "FILE:1: home: cannot be 'moving'; accepted: primary, secondary" },
    { "domain a.b { route = \"\" }",
      "FILE:1: route: cannot be ''; accepted: a template for an address" },
    { "domain a.b { mode = on }", "FILE:1: mode: cannot be 'on'; accepted: enforce, observe" },
}, bad_blocks[] = {
    { "", "FILE: system primary: no hosts; accepted: system primary { hosts = { \"NAME\" } }" },
    { P DOMAIN,
      "FILE: system secondary: no hosts; accepted: system secondary { hosts = { \"NAME\" } }" },
    { "system primary { hosts = {} }" S DOMAIN,
      "FILE: system primary: no hosts; accepted: system primary { hosts = { \"NAME\" } }" },
    { SYSTEMS, "FILE: domain: none is given; accepted: domain \"NAME\" { ... }" },
    { P P S DOMAIN, "FILE:2: system: 'primary' given twice, first on line 1" },
    { GOOD "\nsystem\ntertiary\n{\n}",
      "FILE:7: system: cannot be 'tertiary'; accepted: primary, secondary" },
    { GOOD "gateway {\n}", "FILE:4: gateway: no hosts; accepted: gateway { hosts = { \"NAME\" } }" },
    { GOOD "domain 'a_b' {\n}", "FILE:4: domain: cannot be 'a_b'; accepted: a domain name" },
    { GOOD "domain \"\" {}", "FILE:4: domain: cannot be ''; accepted: a domain name" },
    { GOOD DOMAIN, "FILE:4: domain: 'example.com' given twice, first on line 3" },
    { GOOD "# once more\ndomain Example.COM. {\n}\n",
      "FILE:5: domain: 'example.com' given twice, first on line 3" },
    { "node = primary\n\nnode = primary\n" GOOD,
      "FILE:3: node: given twice, first on line 1; accepted: once" },
    { "system primary {\n hosts = { a, b }\n hosts = { c }\n}",
      "FILE:3: hosts: given twice, first on line 2; accepted: once" },
    { "system primary {\n networks = { 1.2.3.4 }\n networks = {}\n}\n" S DOMAIN,
      "FILE:4: networks: given twice, first on line 2; accepted: once" },
    { "lisen = unix:/x\n" GOOD, "FILE:1: lisen: unknown option; the nearest is 'listen'" },
    { "max_hop = 30\n" GOOD, "FILE:1: max_hop: unknown option; the nearest is 'max_hops'" },
    { "include(\"/etc/passwd\")\n" GOOD,
      "FILE:1: '(' outside quotes; accepted: \"...\" around the value" },
    { "include = \"/etc/passwd\"\n" GOOD,
      "FILE:1: include: unknown option; the nearest is 'node'" },
    { "system primary {\n network = { 1.2.3.4 }\n}",
      "FILE:2: network: unknown option; the nearest is 'networks'" },
    { "domain a.b { hosts = { x } }", "FILE:1: hosts: unknown option; the nearest is 'home'" },
}, bad_forms[] = {
    { "node secondary\n" GOOD, "FILE:1: missing equal sign after option 'node'" },
    { "node = { secondary }\n" GOOD, "FILE:1: unexpected token '{'" },
    { "= x", "FILE:1: '=' without the name of an option before it" },
    { "\"node\" = x", "FILE:1: '=' without the name of an option before it" },
    { "\"\" {}", "FILE:1: syntax error" },
    { "domain {}", "FILE:1: missing title for section 'domain'" },
    { "gateway x {}", "FILE:1: missing opening brace for section 'gateway'" },
    { "a =", "FILE:1: a: unknown option; the nearest is 'name'" },
    { "node =", "FILE:1: premature end of file" },
    { "// one\n/* two\nthree */ # four\nnode = five", "FILE:4: node: cannot be 'five'; accepted: "
                                                      "primary, secondary" },
    { "name = 'a.b\n" GOOD, "FILE:1: the string is not closed before the end of the line" },
    { "\nname = \"a.b", "FILE:2: the string is not closed before the end of the file" },
    { "name = \"a\tb\"", "FILE:1: a control character in a string" },
    { "name = \"a\\x41\"",
      "FILE:1: a backslash in a string; accepted: \\\\, and \\ before the quote" },
    { "name = \"a\\",
      "FILE:1: a backslash in a string; accepted: \\\\, and \\ before the quote" },
    { "keys = \"/" X1024 "\"", "FILE:1: a string of more than 1024 octets" },
    { "keys = /" X1024, "FILE:1: a word of more than 1024 octets" },
    { GOOD "/* no end\n", "FILE:4: the comment that begins here has no end; accepted: /* ... */" },
    { "system primary {\n hosts = { *.p }",
      "FILE:2: '*' outside quotes; accepted: \"...\" around the value" },
    { "recipient_delimiter = +", "FILE:1: '+' outside quotes; accepted: \"...\" around the value" },
    { "name = ${HOME}", "FILE:1: '$' outside quotes; accepted: \"...\" around the value" },
    { "gateway|hosts = x", "FILE:1: '|' outside quotes; accepted: \"...\" around the value" },
    { "\xef\xbb\xbfnode = primary", "FILE:1: octet 0xEF outside quotes" },
    { "system primary {\n hosts = {\n \"p\"\n}", "FILE:1: the '{' on this line is never closed" },
    { "system primary {\n hosts = {\n \"p\"\n", "FILE:2: the '{' on this line is never closed" },
    { "system primary {\n hosts = { \"p\" }\n\n" S, "FILE:4: '{' before the one on line 1 is "
                                                    "closed" },
    { "system primary {\n hosts = { \"p\"\n networks = { }\n}",
      "FILE:3: '{' before the one on line 2 is closed" },
    { GOOD "}", "FILE:4: '}' without '{'" },
    { "system primary { hosts = { a b } }", "FILE:1: unexpected token 'b'" },
    { "system primary { hosts = { a, , b } }", "FILE:1: unexpected token ','" },
};

#define ASSERT_ALL_BAD(rows)                                                                       \
    for (size_t i = 0; i < COUNT_OF(rows); i++)                                                    \
    assert_bad(rows[i].text, rows[i].error)

static void assert_bad(const char *text, const char *want)
{
    char error[CONFIG_ERROR_MAX];
    struct config *c = config_file_load(span_of(text), NULL, error);
    ck_assert_msg(c == NULL, "taken:\n%s", text);
    ck_assert_str_eq(error, want);
}

START_TEST(each_bad_value_is_told)
{
    ASSERT_ALL_BAD(bad_values);
}
END_TEST

START_TEST(each_bad_block_is_told)
{
    ASSERT_ALL_BAD(bad_blocks);
}
END_TEST

START_TEST(each_bad_form_is_told)
{
    ASSERT_ALL_BAD(bad_forms);
}
END_TEST

/* The library's scanner outlives a load: what one file leaves in it must not reach the next. */
START_TEST(a_good_file_loads_after_every_bad_one)
{
    for (size_t i = 0; i < COUNT_OF(bad_forms); i++) {
        assert_bad(bad_forms[i].text, bad_forms[i].error);
        struct config *c = config_file_good("max_hops = 77\n" GOOD);
        ck_assert_uint_eq(c->max_hops, 77);
        config_free(c);
    }
}
END_TEST

START_TEST(a_nul_is_refused_wherever_it_stands)
{
    static const struct {
        struct span text;
        const char *error;
    } rows[] = {
        { SPAN_LIT("\0" GOOD), "FILE:1: a NUL octet" },
        { SPAN_LIT(GOOD "# comment \0\n"), "FILE:4: a NUL octet" },
        { SPAN_LIT("\nname = \"a\0b\"\n" GOOD), "FILE:2: a NUL octet" },
        { SPAN_LIT(GOOD "\0"), "FILE:4: a NUL octet" },
    };
    char error[CONFIG_ERROR_MAX];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ck_assert_ptr_null(config_file_load(rows[i].text, NULL, error));
        ck_assert_str_eq(error, rows[i].error);
    }
}
END_TEST

static void fill(char *text, size_t n, const char *end)
{
    memset(text, '\n', n);
    memcpy(text + n - strlen(end), end, strlen(end));
}

START_TEST(one_mebioctet_is_the_largest_file)
{
    size_t most = 1024 * 1024;
    char *text = malloc(most + 1), error[CONFIG_ERROR_MAX];
    ck_assert_ptr_nonnull(text);
    fill(text, most, GOOD);
    struct config *c = config_file_load((struct span){ text, most }, NULL, error);
    ck_assert_str_eq(error, "");
    config_free(c);
    fill(text, most + 1, GOOD);
    ck_assert_ptr_null(config_file_load((struct span){ text, most + 1 }, NULL, error));
    ck_assert_str_eq(error, "FILE: too large; accepted: at most 1048576 octets");
    free(text);
}
END_TEST

START_TEST(ten_thousand_blocks_are_the_most)
{
    struct buf text;
    char error[CONFIG_ERROR_MAX];
    buf_init(&text, 1024 * 1024);
    buf_adds(&text, SYSTEMS);
    for (int i = 0; i < 9998; i++)
        buf_addf(&text, "domain d%d.example {}\n", i * 7919 % 9998);
    struct config *c = config_file_load(buf_span(&text), NULL, error);
    ck_assert_str_eq(error, "");
    ck_assert_uint_eq(c->domains, 9998);
    ck_assert_str_eq(config_find_domain(c, SPAN_LIT("d4711.example"))->name, "d4711.example");
    config_free(c);
    buf_adds(&text, "gateway { hosts = { g } }\n");
    ck_assert_ptr_null(config_file_load(buf_span(&text), NULL, error));
    ck_assert_str_eq(error, "FILE:10001: more than 10000 blocks");
    buf_free(&text);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A good file with a few octets changed: it loads, or one line says why not. */
START_TEST(whatever_is_changed_ends_well)
{
    static const char good[] =
        "# c\nname = 'a.b' state = \"x${y}\" /* c\n */ on_loop = divert max_hops = 77\n" GOOD
        "gateway { hosts = { \"*.g\", h } } domain B.c { route = \"%u@x\" }\n";
    static const char marks[] = "\"'{}=,#/*\\\n$|+ a.";
    uint32_t state = 4711;
    unsigned loaded = 0;
    for (int round = 0; round < 3000; round++) {
        char text[sizeof(good)], error[CONFIG_ERROR_MAX];
        memcpy(text, good, sizeof(good));
        for (uint32_t n = next_random(&state) % 3 + 1; n > 0; n--)
            text[next_random(&state) % (sizeof(good) - 1)] =
                marks[next_random(&state) % sizeof(marks)];
        struct config *c = config_file_load((struct span){ text, sizeof(good) - 1 }, NULL, error);
        loaded += c != NULL;
        ck_assert_msg(c ? error[0] == '\0' : strncmp(error, "FILE:", 5) == 0, "%s", error);
        ck_assert_msg(strpbrk(error, "\r\n") == NULL, "%s", error);
        config_free(c);
    }
    ck_assert_uint_gt(loaded, 100);
    ck_assert_uint_lt(loaded, 2900);
    config_free(config_file_good(GOOD));
}
END_TEST

/* Nothing is asserted before what the test made is gone. */
struct refusal {
    struct config *config;
    char error[CONFIG_ERROR_MAX];
    char want[CONFIG_ERROR_MAX];
};

static struct refusal load_unreadable(const char *path, const char *why)
{
    struct refusal r;
    r.config = config_load(path, NULL, r.error);
    snprintf(r.want, sizeof(r.want), "%s: cannot be read: %s", path, why);
    return r;
}

static void assert_refusal(const struct refusal *r)
{
    ck_assert_ptr_null(r->config);
    ck_assert_str_eq(r->error, r->want);
}

START_TEST(what_cannot_be_read_is_told)
{
    char folder[] = "/tmp/coexist-config-XXXXXX", fifo[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
    int made = mkfifo(fifo, 0600);
    struct refusal refused[] = {
        load_unreadable(folder, "Is a directory"),
        load_unreadable(fifo, "not a regular file"),
        load_unreadable("/dev/null", "not a regular file"),
        load_unreadable("/nonexistent/coexist.conf", "No such file or directory"),
    };
    unlink(fifo);
    rmdir(folder);
    ck_assert_int_eq(made, 0);
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        assert_refusal(&refused[i]);
}
END_TEST

START_TEST(a_file_without_permission_is_told)
{
    char path[] = "/tmp/coexist-config-XXXXXX";
    config_file_write(path, SPAN_LIT(GOOD));
    uid_t user = geteuid();
    int closed = chmod(path, 0);
    int lowered = user == 0 ? seteuid(NOBODY) : 0;
    struct refusal refused = load_unreadable(path, "Permission denied");
    int raised = seteuid(user);
    unlink(path);
    ck_assert_int_eq(closed, 0);
    ck_assert_int_eq(lowered, 0);
    ck_assert_int_eq(raised, 0);
    assert_refusal(&refused);
}
END_TEST

START_TEST(an_error_is_cut_to_its_room)
{
    char path[2 * CONFIG_ERROR_MAX], error[CONFIG_ERROR_MAX];
    memset(path, '/', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    ck_assert_ptr_null(config_load(path, NULL, error));
    ck_assert_uint_eq(strlen(error), CONFIG_ERROR_MAX - 1);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("config");
    TCase *tc = tcase_create("faults");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, each_bad_value_is_told);
    tcase_add_test(tc, each_bad_block_is_told);
    tcase_add_test(tc, each_bad_form_is_told);
    tcase_add_test(tc, a_good_file_loads_after_every_bad_one);
    tcase_add_test(tc, a_nul_is_refused_wherever_it_stands);
    tcase_add_test(tc, one_mebioctet_is_the_largest_file);
    tcase_add_test(tc, ten_thousand_blocks_are_the_most);
    tcase_add_test(tc, whatever_is_changed_ends_well);
    tcase_add_test(tc, what_cannot_be_read_is_told);
    tcase_add_test(tc, a_file_without_permission_is_told);
    tcase_add_test(tc, an_error_is_cut_to_its_room);
    suite_add_tcase(suite, tc);
    return suite;
}
