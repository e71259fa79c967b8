#include "tests/support/unit.h"

#include <string.h>

#include "ctl/route_domain.h"

static const struct {
    const char *route;
    bool undone;
    const char *key;
    const char *sample;
    const char *pattern;
    const char *undo;
} routes[] = {
    { "%u@%d.primary.invalid", true, ".primary.invalid",
      "coexist-doctor@example.com.primary.invalid", "^(.*)@(.*)\\.primary\\.invalid$",
      "${1}@${2}" },
    { "%a.x.invalid", true, ".x.invalid", "coexist-doctor@example.com.x.invalid",
      "^(.*)@(.*)\\.x\\.invalid$", "${1}@${2}" },
    { "%u@p.invalid", true, "p.invalid", "coexist-doctor@p.invalid", "^(.*)@p\\.invalid$",
      "${1}@example.com" },
    { "%u@P.INVALID", true, "p.invalid", "coexist-doctor@p.invalid", "^(.*)@P\\.INVALID$",
      "${1}@example.com" },
    { "%d=%u@p.invalid", true, "p.invalid", "example.com=coexist-doctor@p.invalid",
      "^(.*)=(.*)@p\\.invalid$", "${2}@${1}" },
    { "a%%b+%u@x.%d.invalid", true, "x.example.com.invalid",
      "a%b+coexist-doctor@x.example.com.invalid", "^a%b\\+(.*)@x\\.(.*)\\.invalid$", "${1}@${2}" },
    { "%u@x-%d", false, "x-example.com", "coexist-doctor@x-example.com", "^(.*)@x-(.*)$",
      "${1}@${2}" },
    { "%u@contoso.onmicrosoft.com", false, "contoso.onmicrosoft.com",
      "coexist-doctor@contoso.onmicrosoft.com", "^(.*)@contoso\\.onmicrosoft\\.com$",
      "${1}@example.com" },
    { "%u@notinvalid", false, "notinvalid", "coexist-doctor@notinvalid", "^(.*)@notinvalid$",
      "${1}@example.com" },
};

START_TEST(test_route)
{
    struct route_domain r;
    struct config_domain d = { .name = strdup("example.com"), .route = strdup(routes[_i].route) };
    bool good = route_domain_of(&d, &r);
    free(d.name);
    free(d.route);
    ck_assert(good);
    ck_assert_int_eq(r.undone, routes[_i].undone);
    ck_assert_str_eq(r.key, routes[_i].key);
    ck_assert_str_eq(r.sample, routes[_i].sample);
    ck_assert_str_eq(r.original, "coexist-doctor@example.com");
    ck_assert_str_eq(r.pattern, routes[_i].pattern);
    ck_assert_str_eq(r.undo, routes[_i].undo);
}
END_TEST

START_TEST(test_no_route)
{
    struct route_domain r;
    char name[] = "example.com";
    const struct config_domain d = { .name = name };
    ck_assert(!route_domain_of(&d, &r));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("route_domain");
    TCase *c = tcase_create("route_domain");
    tcase_add_loop_test(c, test_route, 0, COUNT_OF(routes));
    tcase_add_test(c, test_no_route);
    suite_add_tcase(s, c);
    return s;
}
