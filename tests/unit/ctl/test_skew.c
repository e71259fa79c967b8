#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "ctl/skew.h"

START_TEST(test_the_least_difference_counts)
{
    struct skew s = { .nodes = 0 };
    skew_add(&s, SPAN_LIT("a"), 10500, true, 10000);
    skew_add(&s, SPAN_LIT("a"), 20007, true, 20000);
    skew_add(&s, SPAN_LIT("a"), 99999, true, 30000);
    skew_add(&s, SPAN_LIT("b"), 10000, true, 15000);
    skew_add(&s, SPAN_LIT("old"), 10000, false, 0);
    ck_assert_uint_eq(s.nodes, 3);
    ck_assert_str_eq(s.node[0].name, "a");
    ck_assert_uint_eq(s.node[0].told, 3);
    ck_assert_int_eq(s.node[0].least, 7);
    ck_assert_int_eq(s.node[1].least, -5000);
    ck_assert_uint_eq(s.node[2].told, 0);
}
END_TEST

START_TEST(test_what_is_no_time_or_no_node_is_left_out)
{
    struct skew s = { .nodes = 0 };
    skew_add(&s, SPAN_LIT(""), 1, true, 1);
    skew_add(&s, SPAN_ABSENT, 1, true, 1);
    ck_assert_uint_eq(s.nodes, 0);
    skew_add(&s, SPAN_LIT("a"), UINT64_MAX, true, 1);
    skew_add(&s, SPAN_LIT("a"), 1, true, INT64_MAX);
    skew_add(&s, SPAN_LIT("a"), 1, true, -1);
    ck_assert_uint_eq(s.node[0].told, 0);
}
END_TEST

START_TEST(test_long_names_and_many)
{
    struct skew s = { .nodes = 0 };
    char name[2 * SKEW_NAME_MAX];
    memset(name, 'n', sizeof(name));
    skew_add(&s, (struct span){ name, sizeof(name) }, 1, true, 1);
    ck_assert_uint_eq(strlen(s.node[0].name), SKEW_NAME_MAX - 1);
    for (unsigned i = 0; i < 2 * SKEW_NODES_MAX; i++) {
        int n = snprintf(name, sizeof(name), "node%u", i);
        skew_add(&s, (struct span){ name, (size_t)n }, 1, true, 1);
    }
    ck_assert_uint_eq(s.nodes, SKEW_NODES_MAX);
}
END_TEST

static const struct {
    const char *a, *b;
    bool alike;
} names[] = {
    { "zimbra", "zimbra.example.com", true },
    { "Zimbra", "zimbra.example.com", true },
    { "zimbra.example.com", "ZIMBRA.example.com", true },
    { "zimbra.example.com", "zimbra.example.com", false },
    { "zimbra.example.com", "zimbra.example.net", false },
    { "zimbra", "zimbra2.example.com", false },
    { "zimb", "zimbra.example.com", false },
    { "", "zimbra", false },
};

START_TEST(test_names)
{
    ck_assert_int_eq(skew_names_alike(names[_i].a, names[_i].b), names[_i].alike);
    ck_assert_int_eq(skew_names_alike(names[_i].b, names[_i].a), names[_i].alike);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("skew");
    TCase *c = tcase_create("skew");
    tcase_add_test(c, test_the_least_difference_counts);
    tcase_add_test(c, test_what_is_no_time_or_no_node_is_left_out);
    tcase_add_test(c, test_long_names_and_many);
    tcase_add_loop_test(c, test_names, 0, COUNT_OF(names));
    suite_add_tcase(s, c);
    return s;
}
