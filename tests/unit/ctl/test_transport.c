#include "tests/support/unit.h"

#include "ctl/transport.h"
#include "tests/unit/ctl/import_scene.h"

static const struct {
    const char *text;
    const char *scheme; /* NULL: refused */
    const char *host;
    unsigned port;
} parsed[] = {
    { "smtp:mail.example.com:25", "smtp", "mail.example.com", 25 },
    { "smtp:mail.example.com", "smtp", "mail.example.com", 25 },
    { "lmtp:[h]:7025", "lmtp", "h", 7025 },
    { "lmtp:h", "lmtp", "h", 24 },
    { " relay-tls:[192.0.2.1]:587 ", "relay-tls", "192.0.2.1", 587 },
    { "smtp:[2001:db8::1]:25", "smtp", "2001:db8::1", 25 },
    { "smtp:[2001:db8::1]", "smtp", "2001:db8::1", 25 },
    { "", NULL, NULL, 0 },
    { "smtp", NULL, NULL, 0 },
    { "smtp:", NULL, NULL, 0 },
    { ":h", NULL, NULL, 0 },
    { "smtp:[]:25", NULL, NULL, 0 },
    { "smtp:[h:25", NULL, NULL, 0 },
    { "smtp:[h]25", NULL, NULL, 0 },
    { "smtp:h:", NULL, NULL, 0 },
    { "smtp:h:0", NULL, NULL, 0 },
    { "smtp:h:65536", NULL, NULL, 0 },
    { "smtp:h:25x", NULL, NULL, 0 },
    { "sm tp:h", NULL, NULL, 0 },
};

START_TEST(parses)
{
    struct transport t;
    struct span text = unit_exact(span_of(parsed[_i].text));
    ck_assert(transport_parse(text, &t) == (parsed[_i].scheme != NULL));
    if (parsed[_i].scheme) {
        unit_assert_span(t.scheme, parsed[_i].scheme, "scheme");
        unit_assert_span(t.host, parsed[_i].host, "host");
        ck_assert_uint_eq(t.port, parsed[_i].port);
    }
    free((void *)text.p);
}
END_TEST

static const struct {
    const char *text;
    const char *system; /* NULL: cannot be told */
} told[] = {
    { "smtp:[relay.example.net]:2525", "primary" },
    { "smtp:Relay.example.net:2525", "primary" },
    { "smtp:relay.example.net:25", NULL },
    { "lmtp:relay.example.net:2525", NULL },
    { "lmtp:127.0.0.1:7025", "secondary" },
    { "lmtp:zimbra.example.com:7025", "secondary" },
    { "lmtp:mbox.example.com:7025", "secondary" },
    { "smtp:zimbra.example.com:25", "secondary" },
    { "smtp:MAIL.example.com.:25", "primary" },
    { "smtp:[a.outlook.example]", "primary" },
    { "smtp:[192.0.2.9]:25", "primary" },
    { "smtp:198.51.100.1", "secondary" },
    { "smtp:gate.example.net:25", NULL },
    { "smtp:example.com:25", NULL },
    { "smtp:[203.0.113.1]", NULL },
    { "local", NULL },
};

START_TEST(tells_the_system)
{
    struct config *config = scene_config(SCENE_NEXTHOP);
    struct transports t;
    enum system system = SYSTEM_PRIMARY;
    ck_assert(transports_init(&t, config));
    ck_assert(transports_system(&t, span_of(told[_i].text), &system) == (told[_i].system != NULL));
    if (told[_i].system)
        ck_assert_str_eq(system_name(system), told[_i].system);
    transports_free(&t);
    config_free(config);
}
END_TEST

START_TEST(one_nexthop_of_both_tells_nothing)
{
    struct config *config = scene_config("smtp:relay.example.net:2525");
    struct transports t;
    enum system system;
    ck_assert(transports_init(&t, config));
    ck_assert(!transports_system(&t, SPAN_LIT("smtp:relay.example.net:2525"), &system));
    transports_free(&t);
    config_free(config);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("transport");
    TCase *tc = tcase_create("transport");
    tcase_add_loop_test(tc, parses, 0, COUNT_OF(parsed));
    tcase_add_loop_test(tc, tells_the_system, 0, COUNT_OF(told));
    tcase_add_test(tc, one_nexthop_of_both_tells_nothing);
    suite_add_tcase(suite, tc);
    return suite;
}
