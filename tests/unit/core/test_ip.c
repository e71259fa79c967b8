#include "tests/support/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "core/ip.h"

static const struct {
    struct span text;
    unsigned bytes; /* 0: refused */
    unsigned char octet[16];
} texts[] = {
    { SPAN_LIT("192.0.2.1"), 4, { 192, 0, 2, 1 } },
    { SPAN_LIT("[192.0.2.1]"), 4, { 192, 0, 2, 1 } },
    { SPAN_LIT("255.255.255.255"), 4, { 255, 255, 255, 255 } },
    { SPAN_LIT("2001:db8::1"), 16, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
    { SPAN_LIT("[2001:DB8::1]"), 16, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
    { SPAN_LIT("IPv6:2001:db8::1"), 16, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
    { SPAN_LIT("[ipv6:2001:db8::1]"), 16, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
    { SPAN_LIT("[IPv6:::1]"), 16, { [15] = 1 } },
    { SPAN_LIT("::"), 16, { 0 } },
    { SPAN_LIT("::ffff:192.0.2.1"), 4, { 192, 0, 2, 1 } },
    { SPAN_LIT("[IPv6:::FFFF:c000:201]"), 4, { 192, 0, 2, 1 } },
    { SPAN_LIT("::192.0.2.1"), 16, { [12] = 192, 0, 2, 1 } },
    { SPAN_LIT("0000:0000:0000:0000:0000:ffff:255.255.255.254"), 4, { 255, 255, 255, 254 } },
    { SPAN_LIT("0000:0000:0000:0000:0000:ffff:255.255.255.2545"), 0, { 0 } },
    { SPAN_LIT(""), 0, { 0 } },
    { SPAN_LIT("[]"), 0, { 0 } },
    { SPAN_LIT("["), 0, { 0 } },
    { SPAN_LIT("]"), 0, { 0 } },
    { SPAN_LIT("[192.0.2.1"), 0, { 0 } },
    { SPAN_LIT("192.0.2.1]"), 0, { 0 } },
    { SPAN_LIT("[[192.0.2.1]]"), 0, { 0 } },
    { SPAN_LIT("IPv6:[::1]"), 0, { 0 } },
    { SPAN_LIT("IPv6:"), 0, { 0 } },
    { SPAN_LIT("IPv6:192.0.2.1"), 0, { 0 } },
    { SPAN_LIT("192.0.2"), 0, { 0 } },
    { SPAN_LIT("192.0.2.256"), 0, { 0 } },
    { SPAN_LIT("192.0.2.01"), 0, { 0 } },
    { SPAN_LIT("192.0.2.1 "), 0, { 0 } },
    { SPAN_LIT("192.0.2.1/32"), 0, { 0 } },
    { SPAN_LIT("192.0.2.1\0"), 0, { 0 } },
    { SPAN_LIT("::1\0x"), 0, { 0 } },
    { SPAN_LIT("fe80::1%eth0"), 0, { 0 } },
    { SPAN_LIT("fe80::1%1"), 0, { 0 } },
    { SPAN_LIT("1:2:3:4:5:6:7:8:9"), 0, { 0 } },
    { SPAN_LIT("1::2::3"), 0, { 0 } },
    { SPAN_LIT("localhost"), 0, { 0 } },
};

START_TEST(reads_addresses)
{
    struct span text = unit_exact(texts[_i].text);
    struct ip ip = { .bytes = 99 };
    bool ok = ip_parse(text, &ip);
    ck_assert_msg(ok == (texts[_i].bytes != 0), "'%.*s'", SPAN_ARG(text));
    free((void *)text.p);
    ck_assert_uint_eq(ip.bytes, ok ? texts[_i].bytes : 99);
    ck_assert_mem_eq(ip.octet, texts[_i].octet, sizeof(ip.octet));
}
END_TEST

START_TEST(socket_addresses_by_family)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = 25 };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_scope_id = 3 };
    struct sockaddr other = { .sa_family = AF_UNIX };
    struct ip got, want;

    ck_assert_int_eq(inet_pton(AF_INET, "192.0.2.7", &in.sin_addr), 1);
    ck_assert(ip_of_sockaddr((const struct sockaddr *)&in, &got));
    ck_assert(ip_parse(SPAN_LIT("192.0.2.7"), &want));
    ck_assert_mem_eq(&got, &want, sizeof(got));

    ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:192.0.2.7", &in6.sin6_addr), 1);
    ck_assert(ip_of_sockaddr((const struct sockaddr *)&in6, &got));
    ck_assert_mem_eq(&got, &want, sizeof(got));

    ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8::7", &in6.sin6_addr), 1);
    ck_assert(ip_of_sockaddr((const struct sockaddr *)&in6, &got));
    ck_assert(ip_parse(SPAN_LIT("2001:db8::7"), &want));
    ck_assert_mem_eq(&got, &want, sizeof(got));

    ck_assert(!ip_of_sockaddr(&other, &got));
    ck_assert_mem_eq(&got, &want, sizeof(got));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("ip");
    TCase *tc = tcase_create("ip");
    tcase_add_loop_test(tc, reads_addresses, 0, COUNT_OF(texts));
    tcase_add_test(tc, socket_addresses_by_family);
    suite_add_tcase(suite, tc);
    return suite;
}
