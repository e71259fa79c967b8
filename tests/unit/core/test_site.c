#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "core/site.h"

#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"
#define NAME_255 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63

static const struct {
    struct span text;
    const char *fault; /* words that the sentence must hold; NULL: good */
} hosts[] = {
    { SPAN_LIT("mail.example.com"), NULL },
    { SPAN_LIT("mail.example.com."), NULL },
    { SPAN_LIT("*.mail.protection.outlook.com"), NULL },
    { SPAN_LIT("*.com"), NULL },
    { SPAN_LIT("mail_1.Example-2.com"), NULL },
    { SPAN_LIT("localhost"), NULL },
    { SPAN_LIT("b\xc3\xbc"
               "cher.example"),
      NULL },
    { SPAN_LIT(NAME_255), NULL },
    { SPAN_LIT("*." NAME_255 "."), NULL },
    { SPAN_LIT(NAME_255 "x"), "255" },
    { SPAN_LIT(LABEL_63 "x.example"), "63" },
    { SPAN_LIT(""), "empty" },
    { SPAN_LIT("."), "empty label" },
    { SPAN_LIT("*."), "empty label" },
    { SPAN_LIT("*.."), "empty label" },
    { SPAN_LIT(".example.com"), "empty label" },
    { SPAN_LIT("a..example.com"), "empty label" },
    { SPAN_LIT("a.example.com.."), "empty label" },
    { SPAN_LIT("*"), "first label" },
    { SPAN_LIT("*example.com"), "first label" },
    { SPAN_LIT("mail*.example.com"), "first label" },
    { SPAN_LIT("mail.*.com"), "first label" },
    { SPAN_LIT("*.*.com"), "first label" },
    { SPAN_LIT("192.0.2.1"), "networks" },
    { SPAN_LIT("[192.0.2.1]"), "networks" },
    { SPAN_LIT("2001:db8::1"), "networks" },
    { SPAN_LIT("mail example.com"), "character" },
    { SPAN_LIT("mail.example.com:25"), "character" },
    { SPAN_LIT("user@example.com"), "character" },
    { SPAN_LIT("192.0.2.0/24"), "character" },
    { SPAN_LIT("mail\0.example.com"), "character" },
};

START_TEST(host_patterns_are_checked)
{
    struct span text = unit_exact(hosts[_i].text);
    const char *fault = site_host_fault(text), *want = hosts[_i].fault;
    if (!want)
        ck_assert_msg(!fault, "'%.*s': %s", SPAN_ARG(text), fault);
    else
        ck_assert_msg(fault && strstr(fault, want), "'%.*s': %s", SPAN_ARG(text), fault);
    struct site *site = site_new();
    ck_assert_ptr_nonnull(site);
    ck_assert_int_eq(site_add_host(site, PLACE_PRIMARY, text), want ? RESULT_SYNTAX : RESULT_OK);
    site_free(site);
    free((void *)text.p);
}
END_TEST

static const struct {
    struct span text;
    const char *fault;
} networks[] = {
    { SPAN_LIT("192.0.2.1"), NULL },
    { SPAN_LIT("192.0.2.0/24"), NULL },
    { SPAN_LIT("192.0.2.128/25"), NULL },
    { SPAN_LIT("192.0.2.1/32"), NULL },
    { SPAN_LIT("0.0.0.0/0"), NULL },
    { SPAN_LIT("2001:db8::/32"), NULL },
    { SPAN_LIT("2001:db8::1"), NULL },
    { SPAN_LIT("2001:db8::1/128"), NULL },
    { SPAN_LIT("[2001:db8::]/33"), NULL },
    { SPAN_LIT("::/0"), NULL },
    { SPAN_LIT("::ffff:192.0.2.0/120"), NULL },
    { SPAN_LIT("::ffff:0.0.0.0/96"), NULL },
    { SPAN_LIT("192.0.2.1/24"), "host bits" },
    { SPAN_LIT("192.0.2.64/25"), "host bits" },
    { SPAN_LIT("192.0.2.1/31"), "host bits" },
    { SPAN_LIT("0.0.0.1/0"), "host bits" },
    { SPAN_LIT("2001:db8::1/127"), "host bits" },
    { SPAN_LIT("2001:db8:8000::/32"), "host bits" },
    { SPAN_LIT("::ffff:192.0.2.1/120"), "host bits" },
    { SPAN_LIT("::ffff:0.0.0.0/95"), "96" },
    { SPAN_LIT("::ffff:0.0.0.0/129"), "over" },
    { SPAN_LIT("192.0.2.0/33"), "over" },
    { SPAN_LIT("192.0.2.0/120"), "over" },
    { SPAN_LIT("2001:db8::/129"), "over" },
    { SPAN_LIT("192.0.2.0/4294967320"), "over" }, /* 24 + 2^32 */
    { SPAN_LIT("192.0.2.0/"), "no number" },
    { SPAN_LIT("192.0.2.0/x"), "no number" },
    { SPAN_LIT("192.0.2.0/-1"), "no number" },
    { SPAN_LIT("192.0.2.0/24/24"), "no number" },
    { SPAN_LIT("192.0.2.0/255.255.255.0"), "no number" },
    { SPAN_LIT("/24"), "not an address" },
    { SPAN_LIT(""), "not an address" },
    { SPAN_LIT("192.0.2"), "not an address" },
    { SPAN_LIT("mail.example.com"), "not an address" },
    { SPAN_LIT("fe80::%eth0/64"), "not an address" },
};

START_TEST(networks_are_checked)
{
    struct span text = unit_exact(networks[_i].text);
    const char *fault = site_network_fault(text), *want = networks[_i].fault;
    if (!want)
        ck_assert_msg(!fault, "'%.*s': %s", SPAN_ARG(text), fault);
    else
        ck_assert_msg(fault && strstr(fault, want), "'%.*s': %s", SPAN_ARG(text), fault);
    struct site *site = site_new();
    ck_assert_ptr_nonnull(site);
    ck_assert_int_eq(site_add_network(site, PLACE_PRIMARY, text), want ? RESULT_SYNTAX : RESULT_OK);
    site_free(site);
    free((void *)text.p);
}
END_TEST

static struct site *example_site(void)
{
    static const struct {
        enum place place;
        const char *host;
        const char *network;
    } entry[] = {
        { PLACE_PRIMARY, "Mail.Example.com", "192.0.2.0/24" },
        { PLACE_SECONDARY, "*.example.com.", "192.0.2.128/25" },
        { PLACE_GATEWAY, "*.filter.example.com", "192.0.2.200" },
        { PLACE_PRIMARY, "*.sub.filter.example.com", "2001:db8::/32" },
        { PLACE_SECONDARY, "zimbra", "2001:db8:0:8000::/49" },
        { PLACE_GATEWAY, "exact.sub.filter.example.com", "10.0.0.0/7" },
        /* Said again. */
        { PLACE_PRIMARY, "MAIL.example.com.", "192.0.2.0/24" },
        /* As a pattern, nothing to do with the exact name above. */
        { PLACE_GATEWAY, "*.zimbra", "0.0.0.0/1" },
    };
    struct site *site = site_new();
    ck_assert_ptr_nonnull(site);
    for (size_t i = 0; i < COUNT_OF(entry); i++) {
        ck_assert_int_eq(site_add_host(site, entry[i].place, span_of(entry[i].host)), RESULT_OK);
        ck_assert_int_eq(site_add_network(site, entry[i].place, span_of(entry[i].network)),
                         RESULT_OK);
    }
    return site;
}

START_TEST(one_thing_has_one_place)
{
    struct site *site = example_site();
    ck_assert_int_eq(site_add_host(site, PLACE_GATEWAY, SPAN_LIT("MAIL.example.com.")),
                     RESULT_CLASH);
    ck_assert_int_eq(site_add_host(site, PLACE_PRIMARY, SPAN_LIT("*.Example.com")), RESULT_CLASH);
    ck_assert_int_eq(site_add_network(site, PLACE_SECONDARY, SPAN_LIT("192.0.2.0/24")),
                     RESULT_CLASH);
    ck_assert_int_eq(site_add_network(site, PLACE_PRIMARY, SPAN_LIT("::ffff:192.0.2.200")),
                     RESULT_CLASH);
    ck_assert_int_eq(site_host(site, SPAN_LIT("mail.example.com")), PLACE_PRIMARY);
    site_free(site);
}
END_TEST

static const struct {
    struct span host;
    enum place place;
} host_places[] = {
    { SPAN_LIT("mail.example.com"), PLACE_PRIMARY },
    { SPAN_LIT("MAIL.EXAMPLE.COM."), PLACE_PRIMARY },
    { SPAN_LIT("mail.example.com.."), PLACE_EXTERNAL },
    { SPAN_LIT("x.mail.example.com"), PLACE_SECONDARY },
    { SPAN_LIT("other.Example.com"), PLACE_SECONDARY },
    { SPAN_LIT("a.b.c.example.com."), PLACE_SECONDARY },
    { SPAN_LIT("example.com"), PLACE_EXTERNAL },
    { SPAN_LIT(".example.com"), PLACE_EXTERNAL },
    { SPAN_LIT("notexample.com"), PLACE_EXTERNAL },
    { SPAN_LIT("mail.example.com.evil.net"), PLACE_EXTERNAL },
    { SPAN_LIT("mail.example.co"), PLACE_EXTERNAL },
    { SPAN_LIT("a.filter.example.com"), PLACE_GATEWAY },
    { SPAN_LIT("filter.example.com"), PLACE_SECONDARY },
    { SPAN_LIT("xfilter.example.com"), PLACE_SECONDARY },
    { SPAN_LIT("sub.filter.example.com"), PLACE_GATEWAY },
    { SPAN_LIT("a.b.sub.filter.example.com"), PLACE_PRIMARY },
    { SPAN_LIT("exact.sub.filter.example.com"), PLACE_GATEWAY },
    { SPAN_LIT("zimbra"), PLACE_SECONDARY },
    { SPAN_LIT("a.zimbra"), PLACE_GATEWAY },
    { SPAN_LIT("zimbra.net"), PLACE_EXTERNAL },
    { SPAN_LIT("mail.example.com\0"), PLACE_EXTERNAL },
    { SPAN_LIT(""), PLACE_EXTERNAL },
    { SPAN_LIT("."), PLACE_EXTERNAL },
    { SPAN_LIT(NAME_255), PLACE_EXTERNAL },
    { SPAN_LIT(NAME_255 ".example.com"), PLACE_EXTERNAL },
};

START_TEST(hosts_have_places)
{
    struct site *site = example_site();
    struct span host = unit_exact(host_places[_i].host);
    enum place got = site_host(site, host);
    ck_assert_msg(got == host_places[_i].place, "'%.*s': %s", SPAN_ARG(host), place_name(got));
    free((void *)host.p);
    site_free(site);
}
END_TEST

static const struct {
    const char *ip;
    enum place place;
} ip_places[] = {
    { "192.0.2.1", PLACE_PRIMARY },
    { "::ffff:192.0.2.1", PLACE_PRIMARY },
    { "192.0.2.127", PLACE_PRIMARY },
    { "192.0.2.128", PLACE_SECONDARY },
    { "192.0.2.199", PLACE_SECONDARY },
    { "192.0.2.200", PLACE_GATEWAY },
    { "192.0.2.201", PLACE_SECONDARY },
    { "192.0.3.0", PLACE_EXTERNAL },
    { "192.0.1.255", PLACE_EXTERNAL },
    { "10.255.0.1", PLACE_GATEWAY },
    { "11.0.0.1", PLACE_GATEWAY },
    { "127.0.0.1", PLACE_GATEWAY },
    { "128.0.0.0", PLACE_EXTERNAL },
    { "2001:db8::1", PLACE_PRIMARY },
    { "2001:db8:0:7fff::1", PLACE_PRIMARY },
    { "2001:db8:0:8000::1", PLACE_SECONDARY },
    { "2001:db8:1:8000::1", PLACE_PRIMARY },
    { "2001:db9::", PLACE_EXTERNAL },
    { "::1", PLACE_EXTERNAL },
    { "c000:0201::", PLACE_EXTERNAL }, /* begins like 192.0.2.1 */
};

START_TEST(addresses_have_places)
{
    struct site *site = example_site();
    struct ip ip;
    ck_assert(ip_parse(span_of(ip_places[_i].ip), &ip));
    enum place got = site_ip(site, &ip);
    ck_assert_msg(got == ip_places[_i].place, "%s: %s", ip_places[_i].ip, place_name(got));
    site_free(site);
}
END_TEST

START_TEST(an_empty_site_knows_nobody)
{
    struct site *site = site_new();
    struct ip ip;
    ck_assert(ip_parse(SPAN_LIT("192.0.2.1"), &ip));
    ck_assert_int_eq(site_ip(site, &ip), PLACE_EXTERNAL);
    ck_assert_int_eq(site_host(site, SPAN_LIT("mail.example.com")), PLACE_EXTERNAL);
    site_free(site);
    site_free(NULL);
}
END_TEST

START_TEST(many_entries_up_to_a_limit)
{
    struct site *site = site_new();
    char text[40];
    struct ip ip;
    for (unsigned i = 0; i < SITE_HOSTS_MAX; i++) {
        int n = snprintf(text, sizeof(text), "%sh%u.example", i % 2 ? "*." : "", i);
        enum place place = i % 3 ? PLACE_PRIMARY : PLACE_SECONDARY;
        ck_assert_int_eq(site_add_host(site, place, (struct span){ text, (size_t)n }), RESULT_OK);
    }
    ck_assert_int_eq(site_add_host(site, PLACE_PRIMARY, SPAN_LIT("one.more")), RESULT_LIMIT);
    ck_assert_int_eq(site_host(site, SPAN_LIT("h9996.example")), PLACE_SECONDARY);
    ck_assert_int_eq(site_host(site, SPAN_LIT("x.h9997.example")), PLACE_PRIMARY);
    ck_assert_int_eq(site_host(site, SPAN_LIT("one.more")), PLACE_EXTERNAL);

    for (unsigned i = 0; i < SITE_NETWORKS_MAX; i++) {
        int n = snprintf(text, sizeof(text), "10.%u.%u.%s", i / 256, i % 256, i % 2 ? "0/24" : "1");
        ck_assert_int_eq(site_add_network(site, i % 3 ? PLACE_PRIMARY : PLACE_SECONDARY,
                                          (struct span){ text, (size_t)n }),
                         RESULT_OK);
    }
    ck_assert_int_eq(site_add_network(site, PLACE_PRIMARY, SPAN_LIT("192.0.2.1")), RESULT_LIMIT);
    ck_assert(ip_parse(SPAN_LIT("10.39.15.7"), &ip)); /* 39 * 256 + 15 = 9999 */
    ck_assert_int_eq(site_ip(site, &ip), PLACE_SECONDARY);
    ck_assert(ip_parse(SPAN_LIT("192.0.2.1"), &ip));
    ck_assert_int_eq(site_ip(site, &ip), PLACE_EXTERNAL);
    site_free(site);
}
END_TEST

static const struct {
    const char *host;
    bool loopback;
} loopbacks[] = {
    { "localhost", true },
    { "LocalHost.", true },
    { "a.localhost", true },
    { "a.b.LOCALHOST.", true },
    { "localhost.localdomain", true },
    { "LOCALHOST.localdomain.", true },
    { "127.0.0.1", true },
    { "[127.8.9.1]", true },
    { "::1", true },
    { "[IPv6:::1]", true },
    { "::ffff:127.0.0.1", true },
    { "", false },
    { "localhost.example.com", false },
    { "notlocalhost", false },
    { "a.localhost.localdomain", false },
    { "localdomain", false },
    { "128.0.0.1", false },
    { "::", false },
    { "::2", false },
    { "7f00::1", false },
    { "127.0.0.1.example.com", false },
};

START_TEST(loopback_names)
{
    struct span host = unit_exact(span_of(loopbacks[_i].host));
    ck_assert_msg(site_is_loopback_name(host) == loopbacks[_i].loopback, "%s", loopbacks[_i].host);
    free((void *)host.p);
}
END_TEST

START_TEST(places_have_names)
{
    ck_assert_str_eq(place_name(PLACE_EXTERNAL), "external");
    ck_assert_str_eq(place_name(PLACE_PRIMARY), "primary");
    ck_assert_str_eq(place_name(PLACE_SECONDARY), "secondary");
    ck_assert_str_eq(place_name(PLACE_GATEWAY), "gateway");
    ck_assert_int_eq(place_of(SYSTEM_PRIMARY), PLACE_PRIMARY);
    ck_assert_int_eq(place_of(SYSTEM_SECONDARY), PLACE_SECONDARY);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("site");
    TCase *tc = tcase_create("site");
    tcase_add_loop_test(tc, host_patterns_are_checked, 0, COUNT_OF(hosts));
    tcase_add_loop_test(tc, networks_are_checked, 0, COUNT_OF(networks));
    tcase_add_test(tc, one_thing_has_one_place);
    tcase_add_loop_test(tc, hosts_have_places, 0, COUNT_OF(host_places));
    tcase_add_loop_test(tc, addresses_have_places, 0, COUNT_OF(ip_places));
    tcase_add_test(tc, an_empty_site_knows_nobody);
    tcase_add_test(tc, many_entries_up_to_a_limit);
    tcase_add_loop_test(tc, loopback_names, 0, COUNT_OF(loopbacks));
    tcase_add_test(tc, places_have_names);
    suite_add_tcase(suite, tc);
    return suite;
}
