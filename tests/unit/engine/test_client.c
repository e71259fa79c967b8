#include "tests/support/unit.h"

#include "engine/client.h"

static struct config config;
static struct engine engine = { .config = &config };

static void add(enum place place, const char *network)
{
    ck_assert_int_eq(site_add_network(engine.site, place, span_of(network)), RESULT_OK);
}

static void setup(void)
{
    engine.site = site_new();
    ck_assert_ptr_nonnull(engine.site);
    add(PLACE_PRIMARY, "192.0.2.0/24");
    add(PLACE_PRIMARY, "2001:db8::/32");
    add(PLACE_SECONDARY, "192.0.2.7");
    add(PLACE_SECONDARY, "198.51.100.0/24");
    add(PLACE_PRIMARY, "198.51.100.128/25");
    ck_assert(identify_parse(SPAN_LIT("cert: p.example"), &engine.identify[SYSTEM_PRIMARY]));
    ck_assert(identify_parse(SPAN_LIT("cert: s.example"), &engine.identify[SYSTEM_SECONDARY]));
}

static void teardown(void)
{
    site_free(engine.site);
}

#define SMTP true
#define SUBMITTED false

/* seen from a node of the secondary system; and from one of the primary. */
static const struct {
    const char *ip; /* NULL: none */
    bool smtp, authenticated;
    const char *cert;
    enum origin secondary, primary;
} clients[] = {
    { "192.0.2.1", SMTP, false, NULL, ORIGIN_PEER, ORIGIN_LOCAL },
    { "2001:db8::1", SMTP, false, NULL, ORIGIN_PEER, ORIGIN_LOCAL },
    { "::ffff:192.0.2.1", SMTP, false, NULL, ORIGIN_PEER, ORIGIN_LOCAL },
    { "192.0.2.7", SMTP, false, NULL, ORIGIN_LOCAL, ORIGIN_PEER },
    { "198.51.100.1", SMTP, false, NULL, ORIGIN_LOCAL, ORIGIN_PEER },
    { "198.51.100.129", SMTP, false, NULL, ORIGIN_PEER, ORIGIN_LOCAL },
    { "203.0.113.1", SMTP, false, NULL, ORIGIN_EXTERNAL, ORIGIN_EXTERNAL },
    { "127.0.0.1", SMTP, false, NULL, ORIGIN_EXTERNAL, ORIGIN_EXTERNAL },
    { NULL, SMTP, false, NULL, ORIGIN_EXTERNAL, ORIGIN_EXTERNAL },
    { NULL, SUBMITTED, false, NULL, ORIGIN_LOCAL, ORIGIN_LOCAL },
    { "127.0.0.1", SUBMITTED, false, NULL, ORIGIN_LOCAL, ORIGIN_LOCAL },
    { "192.0.2.1", SUBMITTED, false, NULL, ORIGIN_LOCAL, ORIGIN_LOCAL },
    { "203.0.113.1", SMTP, true, NULL, ORIGIN_LOCAL, ORIGIN_LOCAL },
    { "192.0.2.1", SMTP, true, NULL, ORIGIN_LOCAL, ORIGIN_LOCAL },
    { "192.0.2.1", SMTP, true, "p.example", ORIGIN_LOCAL, ORIGIN_LOCAL },
    { "203.0.113.1", SMTP, false, "P.example", ORIGIN_PEER, ORIGIN_LOCAL },
    { "203.0.113.1", SMTP, false, "s.example", ORIGIN_LOCAL, ORIGIN_PEER },
    { "203.0.113.1", SMTP, false, "x.example", ORIGIN_EXTERNAL, ORIGIN_EXTERNAL },
    { "203.0.113.1", SMTP, false, "", ORIGIN_EXTERNAL, ORIGIN_EXTERNAL },
    { "192.0.2.1", SMTP, false, "x.example", ORIGIN_PEER, ORIGIN_LOCAL },
    { NULL, SMTP, false, "p.example", ORIGIN_PEER, ORIGIN_LOCAL },
};

START_TEST(a_client_belongs_somewhere)
{
    struct client c = { .has_ip = clients[_i].ip != NULL,
                        .smtp = clients[_i].smtp,
                        .authenticated = clients[_i].authenticated,
                        .cert_subject = span_of(clients[_i].cert) };
    if (c.has_ip)
        ck_assert(ip_parse(span_of(clients[_i].ip), &c.ip));
    config.node = SYSTEM_SECONDARY;
    ck_assert_str_eq(origin_name(client_origin(&engine, &c)), origin_name(clients[_i].secondary));
    config.node = SYSTEM_PRIMARY;
    ck_assert_str_eq(origin_name(client_origin(&engine, &c)), origin_name(clients[_i].primary));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("client");
    TCase *tc = tcase_create("client");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_client_belongs_somewhere, 0, COUNT_OF(clients));
    suite_add_tcase(suite, tc);
    return suite;
}
