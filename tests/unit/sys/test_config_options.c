#include "base/count.h"
#include "tests/unit/sys/config_file.h"

#define SAMPLE "milter/coexist-milter.conf.sample"

static const char example[] =
    "node   = secondary                  # the system this MTA belongs to\n"
    "name   = \"zimbra.example.com\"       # this node in headers and log; default: the FQDN\n"
    "listen = \"unix:/var/spool/postfix/coexist/milter.sock\"      # or inet:PORT@HOST\n"
    "maps   = \"unix:/var/spool/postfix/coexist/maps.sock\"        # off when absent\n"
    "metrics = \"127.0.0.1:9418\"          # off when absent\n"
    "state  = \"redis://127.0.0.1:6379/0\" # redis://user:pass@host:port/db, unix:///path?db=0\n"
    "                                    # redis+sentinel://host:port,host:port/NAME/db\n"
    "prefix = \"coexist:\"\n"
    "keys   = \"/etc/coexist/keys\"        # lines NAME BASE64; made on first start\n"
    "on_conflict  = defer                # defer | reject | deliver\n"
    "on_loop      = reject               # reject | defer | hold | divert\n"
    "loop_mailbox = \"postmaster@example.com\"\n"
    "max_crossings = 3\n"
    "max_hops      = 50\n"
    "\n"
    "system primary {\n"
    "    hosts    = { \"mail.example.com\", \"*.mail.protection.outlook.com\" }\n"
    "    networks = { \"192.0.2.0/24\", \"2001:db8::/32\" }\n"
    "    identify = \"X-Coexist-Peer: long-random-value\"   # for a peer in a shared cloud\n"
    "    nexthop  = \"smtp:[mail.example.com]:25\"          # what the map answers\n"
    "}\n"
    "system secondary {\n"
    "    hosts    = { \"zimbra.example.com\" }\n"
    "    networks = { \"198.51.100.7\", \"127.0.0.0/8\" }\n"
    "    nexthop  = \"lmtp:[127.0.0.1]:7025\"               # optional\n"
    "}\n"
    "gateway { hosts = { \"*.filter.example.net\" } }       # hops that belong to neither\n"
    "domain \"example.com\" { home = primary  route = \"%u@%d.primary.invalid\"  mode = enforce "
    "}\n";

static void assert_list(const struct string_list *list, const char *joined)
{
    struct buf text;
    buf_init(&text, 1000);
    for (size_t i = 0; i < list->n; i++)
        buf_addf(&text, "%s%s", i > 0 ? " " : "", list->item[i]);
    ck_assert_str_eq(buf_text(&text), joined);
    buf_free(&text);
}

START_TEST(the_example_loads_whole)
{
    struct config *c = config_file_good(example);
    const struct config_system *primary = &c->system[SYSTEM_PRIMARY];
    const struct config_system *secondary = &c->system[SYSTEM_SECONDARY];
    ck_assert_int_eq(c->node, SYSTEM_SECONDARY);
    ck_assert_str_eq(c->name, "zimbra.example.com");
    ck_assert_str_eq(c->maps, "unix:/var/spool/postfix/coexist/maps.sock");
    ck_assert_str_eq(c->metrics, "127.0.0.1:9418");
    ck_assert_str_eq(c->loop_mailbox, "postmaster@example.com");
    assert_list(&primary->hosts, "mail.example.com *.mail.protection.outlook.com");
    assert_list(&primary->networks, "192.0.2.0/24 2001:db8::/32");
    ck_assert_str_eq(primary->identify, "X-Coexist-Peer: long-random-value");
    ck_assert_str_eq(primary->nexthop, "smtp:[mail.example.com]:25");
    assert_list(&secondary->hosts, "zimbra.example.com");
    assert_list(&secondary->networks, "198.51.100.7 127.0.0.0/8");
    ck_assert_ptr_null(secondary->identify);
    ck_assert_str_eq(secondary->nexthop, "lmtp:[127.0.0.1]:7025");
    assert_list(&c->gateways, "*.filter.example.net");
    ck_assert_uint_eq(c->domains, 1);
    ck_assert_str_eq(c->domain[0].name, "example.com");
    ck_assert_int_eq(c->domain[0].home, HOME_PRIMARY);
    ck_assert_str_eq(c->domain[0].route, "%u@%d.primary.invalid");
    ck_assert_int_eq(c->domain[0].mode, MODE_ENFORCE);
    config_free(c);
}
END_TEST

static void assert_defaults(const struct config *c)
{
    ck_assert_int_eq(c->node, SYSTEM_SECONDARY);
    ck_assert_str_eq(c->listen, "unix:/var/spool/postfix/coexist/milter.sock");
    ck_assert_uint_eq(c->socket_mode, 0660);
    ck_assert_ptr_null(c->socket_group);
    ck_assert_ptr_null(c->myorigin);
    ck_assert_ptr_null(c->user);
    ck_assert_ptr_null(c->maps);
    ck_assert_ptr_null(c->metrics);
    ck_assert_str_eq(c->state, "redis://127.0.0.1:6379/0");
    ck_assert_str_eq(c->prefix, "coexist:");
    ck_assert_uint_eq(c->connect_timeout_ms, 250);
    ck_assert_uint_eq(c->command_timeout_ms, 250);
    ck_assert_ptr_null(c->replica);
    ck_assert_ptr_null(c->tls_ca);
    ck_assert_ptr_null(c->tls_cert);
    ck_assert_ptr_null(c->tls_key);
    ck_assert_uint_eq(c->cache_entries, 1000000);
    ck_assert_uint_eq(c->cache_max_age_s, 3600);
    ck_assert_uint_eq(c->stale_max_s, 86400);
    ck_assert_str_eq(c->snapshot, "/var/lib/coexist/snapshot");
    ck_assert_uint_eq(c->snapshot_interval_s, 300);
    ck_assert_uint_eq(c->ledger_window_s, 14400);
    ck_assert_uint_eq(c->breaker_limit, 20);
    ck_assert_uint_eq(c->breaker_window_s, 600);
    ck_assert_uint_eq(c->events_max, 100000);
    ck_assert_str_eq(c->keys, "/etc/coexist/keys");
    ck_assert_int_eq(c->on_conflict, ON_CONFLICT_DEFER);
    ck_assert_int_eq(c->on_loop, ON_LOOP_REJECT);
    ck_assert_str_eq(c->loop_mailbox, "postmaster");
    ck_assert_uint_eq(c->max_crossings, 3);
    ck_assert_uint_eq(c->max_hops, 50);
    ck_assert_int_eq(c->recipient_delimiter, '+');
}

START_TEST(every_option_has_its_default)
{
    struct config *c = config_file_good(GOOD);
    assert_defaults(c);
    ck_assert_uint_gt(strlen(c->name), 0);
    for (const char *p = c->name; *p; p++)
        ck_assert_int_eq(*p, ascii_lower(*p));
    ck_assert_uint_eq(c->gateways.n, 0);
    ck_assert_uint_eq(c->system[SYSTEM_PRIMARY].networks.n, 0);
    ck_assert_int_eq(c->domain[0].home, HOME_UNSET);
    ck_assert_ptr_null(c->domain[0].route);
    ck_assert_int_eq(c->domain[0].mode, MODE_ENFORCE);
    ck_assert(c->domain[0].calendar);
    config_free(c);
}
END_TEST

START_TEST(a_domain_may_have_its_calendar_off)
{
    static const struct {
        const char *text;
        bool want;
    } rows[] = { { "on", true }, { "off", false } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[512];
        snprintf(text, sizeof(text), GOOD "domain a.example { calendar = %s }\n", rows[i].text);
        struct config *c = config_file_good(text);
        ck_assert_int_eq(c->domain[0].calendar, rows[i].want);
        config_free(c);
    }
}
END_TEST

START_TEST(every_option_can_be_set)
{
    struct config *c = config_file_good(
        "node = primary name = Node1.Example.COM listen = inet6:8890@::1 socket_mode = 0600\n"
        "socket_group = postfix user = coexist maps = \"inet:8891@127.0.0.1\"\n"
        "metrics = \"[::1]:9418\" state = \"unix:///run/redis.sock?db=3\" prefix = mail:\n"
        "connect_timeout = 1 command_timeout = 60000 keys = /k on_conflict = deliver\n"
        "on_loop = divert loop_mailbox = x@y max_crossings = 50 max_hops = 10\n"
        "recipient_delimiter = - myorigin = example.org\n"
        "replica = redis://r tls_ca = /ca tls_cert = /cert tls_key = /key cache_entries = 0\n"
        "cache_max_age = 1 stale_max = 2 snapshot = /s snapshot_interval = 3\n"
        "ledger_window = 4 breaker_limit = 5 breaker_window = 6 events_max = 7\n" GOOD);
    ck_assert_str_eq(c->replica, "redis://r");
    ck_assert_str_eq(c->tls_ca, "/ca");
    ck_assert_str_eq(c->tls_cert, "/cert");
    ck_assert_str_eq(c->tls_key, "/key");
    ck_assert_uint_eq(c->cache_entries, 0);
    ck_assert_uint_eq(c->cache_max_age_s, 1);
    ck_assert_uint_eq(c->stale_max_s, 2);
    ck_assert_str_eq(c->snapshot, "/s");
    ck_assert_uint_eq(c->snapshot_interval_s, 3);
    ck_assert_uint_eq(c->ledger_window_s, 4);
    ck_assert_uint_eq(c->breaker_limit, 5);
    ck_assert_uint_eq(c->breaker_window_s, 6);
    ck_assert_uint_eq(c->events_max, 7);
    ck_assert_int_eq(c->node, SYSTEM_PRIMARY);
    ck_assert_str_eq(c->name, "node1.example.com");
    ck_assert_str_eq(c->listen, "inet6:8890@::1");
    ck_assert_uint_eq(c->socket_mode, 0600);
    ck_assert_str_eq(c->socket_group, "postfix");
    ck_assert_str_eq(c->myorigin, "example.org");
    ck_assert_str_eq(c->user, "coexist");
    ck_assert_str_eq(c->maps, "inet:8891@127.0.0.1");
    ck_assert_str_eq(c->metrics, "[::1]:9418");
    ck_assert_str_eq(c->state, "unix:///run/redis.sock?db=3");
    ck_assert_str_eq(c->prefix, "mail:");
    ck_assert_uint_eq(c->connect_timeout_ms, 1);
    ck_assert_uint_eq(c->command_timeout_ms, 60000);
    ck_assert_str_eq(c->keys, "/k");
    ck_assert_int_eq(c->on_conflict, ON_CONFLICT_DELIVER);
    ck_assert_int_eq(c->on_loop, ON_LOOP_DIVERT);
    ck_assert_str_eq(c->loop_mailbox, "x@y");
    ck_assert_uint_eq(c->max_crossings, 50);
    ck_assert_uint_eq(c->max_hops, 10);
    ck_assert_int_eq(c->recipient_delimiter, '-');
    config_free(c);
}
END_TEST

START_TEST(an_empty_snapshot_is_none)
{
    struct config *c = config_file_good("snapshot = \"\"\n" GOOD);
    ck_assert_ptr_null(c->snapshot);
    config_free(c);
}
END_TEST

START_TEST(the_sample_loads_with_the_defaults)
{
    char error[CONFIG_ERROR_MAX];
    struct config *c = config_load(SAMPLE, NULL, error);
    ck_assert_msg(c != NULL, "%s", error);
    ck_assert_str_eq(c->file, SAMPLE);
    assert_defaults(c);
    config_free(c);
}
END_TEST

static char *sample_text(void)
{
    FILE *f = fopen(SAMPLE, "r");
    ck_assert_ptr_nonnull(f);
    char *text = calloc(1, 100000);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_gt(fread(text, 1, 99999, f), 0);
    fclose(f);
    return text;
}

/* A commented option is an example too: taken out of its comment it must load as well. */
START_TEST(the_sample_documents_every_option)
{
    static const char *const options[] = {
        "node",
        "name",
        "listen",
        "socket_mode",
        "socket_group",
        "user",
        "maps",
        "metrics",
        "state",
        "prefix",
        "connect_timeout",
        "command_timeout",
        "replica",
        "tls_ca",
        "tls_cert",
        "tls_key",
        "cache_entries",
        "cache_max_age",
        "stale_max",
        "snapshot",
        "snapshot_interval",
        "ledger_window",
        "breaker_limit",
        "breaker_window",
        "events_max",
        "keys",
        "on_conflict",
        "on_loop",
        "loop_mailbox",
        "max_crossings",
        "max_hops",
        "recipient_delimiter",
        "myorigin",
        "hosts",
        "networks",
        "identify",
        "nexthop",
        "gateway",
        "domain",
        "home",
        "route",
        "mode",
        "calendar",
    };
    char *text = sample_text();
    char shape[64];
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        snprintf(shape, sizeof(shape), "%s ", options[i]);
        ck_assert_msg(strstr(text, shape) != NULL, "%s is not in the sample", options[i]);
    }
    for (char *p = text; (p = strstr(p, "\n#")); p++)
        if (p[2] >= 'a' && p[2] <= 'z')
            p[1] = ' ';
    config_free(config_file_good(text));
    free(text);
}
END_TEST

START_TEST(listening_addresses_are_taken_in_each_form)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        { "listen = unix:/run/x.sock", "unix:/run/x.sock" },
        { "listen = 'local:/run/x.sock'", "unix:/run/x.sock" },
        { "listen = inet:1@127.0.0.1", "inet:1@127.0.0.1" },
        { "listen = inet:65535@mail.example.com", "inet:65535@mail.example.com" },
        { "listen = inet6:8890@::1", "inet6:8890@::1" },
        { "listen = inet6:8890@localhost", "inet6:8890@localhost" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[512];
        snprintf(text, sizeof(text), "%s\n" GOOD, rows[i].text);
        struct config *c = config_file_good(text);
        ck_assert_str_eq(c->listen, rows[i].want);
        config_free(c);
    }
}
END_TEST

START_TEST(strings_mean_what_they_show)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        { "loop_mailbox = \"${HOME}\"", "${HOME}" },
        { "loop_mailbox = '${HOME}'", "${HOME}" },
        { "loop_mailbox = \"$HOME ${\" max_hops = 50 # }", "$HOME ${" },
        { "loop_mailbox = \"a \\\"b\\\" \\\\c\"", "a \"b\" \\c" },
        { "loop_mailbox = 'a \\'b\\' \"c\" \\\\n'", "a 'b' \"c\" \\n" },
        { "loop_mailbox = \"# no // comment /* here */\"", "# no // comment /* here */" },
        { "loop_mailbox = \"{ = }, +|*()\"", "{ = }, +|*()" },
        { "loop_mailbox = \"\xc3\xa9@x\"", "\xc3\xa9@x" },
        { "loop_mailbox = \"\"", "" },
        { "loop_mailbox=x@y#comment", "x@y" },
        { "/**/loop_mailbox /*=*/= /* a\nb */ x // =", "x" },
        { "loop_mailbox\r\n=\r\n\tx\r\n", "x" },
        { "loop_mailbox = a//b", "a//b" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[512];
        snprintf(text, sizeof(text), "%s\n" GOOD, rows[i].text);
        struct config *c = config_file_good(text);
        ck_assert_str_eq(c->loop_mailbox, rows[i].want);
        config_free(c);
    }
}
END_TEST

START_TEST(blocks_join_and_titles_need_no_quotes)
{
    struct config *c = config_file_good(
        "gateway { hosts = a.example }\n"
        "system \"primary\" { hosts = { p1, \"*.p2\", } identify = 'CERT: p' }\n"
        "gateway { hosts = { b.example, c.example } } system 'secondary' { hosts = { s } }\n"
        "domain B.example. { home = secondary mode = observe } domain a.example { }\n");
    assert_list(&c->gateways, "a.example b.example c.example");
    assert_list(&c->system[SYSTEM_PRIMARY].hosts, "p1 *.p2");
    ck_assert_str_eq(c->system[SYSTEM_PRIMARY].identify, "CERT: p");
    ck_assert_uint_eq(c->domains, 2);
    config_free(c);
}
END_TEST

START_TEST(a_domain_is_found_by_its_whole_name)
{
    struct config *c = config_file_good(SYSTEMS "domain bb.example { home = primary }\n"
                                                "domain B.example. { home = secondary }\n"
                                                "domain b.example.org { mode = observe }\n");
    static const struct {
        const char *name;
        const char *found;
    } rows[] = {
        { "b.example", "b.example" },
        { "bb.example", "bb.example" },
        { "b.example.org", "b.example.org" },
        { "b.exampl", NULL },
        { "b.example.", NULL },
        { "example", NULL },
        { "x.b.example", NULL },
        { "", NULL },
        { "bbb.example", NULL },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span name = unit_exact(span_of(rows[i].name));
        const struct config_domain *d = config_find_domain(c, name);
        ck_assert_msg((d != NULL) == (rows[i].found != NULL), "%s", rows[i].name);
        if (d)
            ck_assert_str_eq(d->name, rows[i].found);
        free((void *)name.p);
    }
    ck_assert_int_eq(config_find_domain(c, SPAN_LIT("b.example"))->home, HOME_SECONDARY);
    ck_assert_int_eq(config_find_domain(c, SPAN_LIT("b.example.org"))->mode, MODE_OBSERVE);
    ck_assert_ptr_null(config_find_domain(c, SPAN_ABSENT));
    config_free(c);
}
END_TEST

static const char *refuse_bad(struct span value)
{
    return span_eq(value, SPAN_LIT("bad")) ? "not good; a good one would be" : NULL;
}

static const char *refuse_bad_url(const char *url)
{
    return refuse_bad(span_of(url));
}

static const struct config_checks refusing_bad = { .host = refuse_bad,
                                                   .network = refuse_bad,
                                                   .route = refuse_bad,
                                                   .address = refuse_bad,
                                                   .state = refuse_bad_url };

START_TEST(the_layers_above_are_asked)
{
    static const struct {
        const char *text;
        const char *error;
    } rows[] = {
        { GOOD "gateway { hosts = { good, bad } }", "FILE:4: hosts: 'bad': not good; a good one "
                                                    "would be" },
        { "system primary { hosts = bad }", "FILE:1: hosts: 'bad': not good; a good one would be" },
        { "system primary { networks = { good,\nbad } }",
          "FILE:2: networks: 'bad': not good; a good one would be" },
        { "domain a.b { route = bad }", "FILE:1: route: 'bad': not good; a good one would be" },
        { "loop_mailbox = bad", "FILE:1: loop_mailbox: 'bad': not good; a good one would be" },
        { "state = bad", "FILE:1: state: not good; a good one would be" },
        { GOOD "loop_mailbox = '' state = good", "" },
    };
    char error[CONFIG_ERROR_MAX];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct config *c = config_file_load(span_of(rows[i].text), &refusing_bad, error);
        ck_assert_str_eq(error, rows[i].error);
        ck_assert(!c == (rows[i].error[0] != '\0'));
        config_free(c);
    }
}
END_TEST

START_TEST(a_missing_check_accepts_everything)
{
    static const struct config_checks none = { 0 };
    char error[CONFIG_ERROR_MAX];
    struct config *c = config_file_load(
        SPAN_LIT(GOOD "gateway { hosts = bad } state = bad loop_mailbox = bad"), &none, error);
    ck_assert_str_eq(error, "");
    config_free(c);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("config options");
    TCase *tc = tcase_create("good files");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_example_loads_whole);
    tcase_add_test(tc, every_option_has_its_default);
    tcase_add_test(tc, every_option_can_be_set);
    tcase_add_test(tc, an_empty_snapshot_is_none);
    tcase_add_test(tc, a_domain_may_have_its_calendar_off);
    tcase_add_test(tc, the_sample_loads_with_the_defaults);
    tcase_add_test(tc, the_sample_documents_every_option);
    tcase_add_test(tc, listening_addresses_are_taken_in_each_form);
    tcase_add_test(tc, strings_mean_what_they_show);
    tcase_add_test(tc, blocks_join_and_titles_need_no_quotes);
    tcase_add_test(tc, a_domain_is_found_by_its_whole_name);
    tcase_add_test(tc, the_layers_above_are_asked);
    tcase_add_test(tc, a_missing_check_accepts_everything);
    suite_add_tcase(suite, tc);
    return suite;
}
