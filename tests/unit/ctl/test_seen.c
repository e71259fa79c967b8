#include "tests/support/unit.h"

#include <stdio.h>

#include "ctl/seen.h"

#define NAMES 20000

static struct span name_of(int i, char text[32])
{
    int n = snprintf(text, 32, "user%d@example.com", i);
    return (struct span){ text, (size_t)n };
}

START_TEST(each_name_is_new_once)
{
    struct seen s;
    char text[32];
    bool before;
    ck_assert(seen_init(&s));
    ck_assert(!seen_has(&s, SPAN_LIT("")));
    for (int i = 0; i < NAMES; i++) {
        ck_assert(!seen_has(&s, name_of(i, text)));
        ck_assert(seen_add(&s, name_of(i, text), &before));
        ck_assert(!before);
    }
    for (int i = 0; i < NAMES; i++) {
        ck_assert(seen_has(&s, name_of(i, text)));
        ck_assert(seen_add(&s, name_of(i, text), &before));
        ck_assert(before);
    }
    ck_assert_uint_eq(s.names, NAMES);
    ck_assert(!seen_has(&s, SPAN_LIT("another")));
    seen_free(&s);
    ck_assert_uint_eq(s.slots, 0);
}
END_TEST

START_TEST(the_empty_name_is_one_too)
{
    struct seen s;
    bool before;
    ck_assert(seen_init(&s));
    ck_assert(seen_add(&s, SPAN_LIT(""), &before));
    ck_assert(!before);
    ck_assert(seen_add(&s, SPAN_LIT(""), &before));
    ck_assert(before);
    seen_free(&s);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("seen");
    TCase *tc = tcase_create("seen");
    tcase_add_test(tc, each_name_is_new_once);
    tcase_add_test(tc, the_empty_name_is_one_too);
    suite_add_tcase(suite, tc);
    return suite;
}
