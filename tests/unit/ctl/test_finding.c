#include "tests/support/unit.h"

#include <string.h>

#include "ctl/finding.h"

static const char *printed(const struct findings *f, char *text, size_t room)
{
    struct out o;
    FILE *to = fmemopen(text, room, "w");
    ck_assert_ptr_nonnull(to);
    out_init(&o, to, COLOUR_NEVER);
    findings_print(f, &o);
    fclose(to);
    return text;
}

START_TEST(test_areas)
{
    for (size_t i = 0; i < AREA_COUNT; i++) {
        enum area area;
        ck_assert(area_parse(area_name((enum area)i), &area));
        ck_assert_int_eq(area, (int)i);
    }
    enum area area;
    ck_assert(!area_parse("", &area));
    ck_assert(!area_parse("Redis", &area));
}
END_TEST

START_TEST(test_print)
{
    char text[4096];
    struct findings f = { .area = AREA_DNS };
    ck_assert_str_eq(printed(&f, text, sizeof(text)),
                     "all is right: 0 faults, 0 warnings, 0 notes\n");
    finding_ok(&f, "%d domains", 2);
    f.area = AREA_KEYS;
    finding_begin(&f, SEVERITY_FAULT, "keys-mode");
    finding_what(&f, "%s has mode %04o", "a\x1b[2J", 0644U);
    finding_causes(&f, "harm");
    finding_mend(&f, "chmod");
    finding_begin(&f, SEVERITY_NOTE, "keys-old");
    finding_what(&f, "old");
    ck_assert_str_eq(printed(&f, text, sizeof(text)),
                     "keys\n"
                     "  fault    keys-mode: a\\x1B[2J has mode 0644\n"
                     "           causes harm\n"
                     "           mend   chmod\n"
                     "  note     keys-old: old\n"
                     "dns\n"
                     "  ok       2 domains\n"
                     "not right: 1 fault, 0 warnings, 1 note\n");
    ck_assert(findings_have(&f, "keys-old"));
    ck_assert(!findings_have(&f, "keys"));
    ck_assert(findings_tell(&f, "keys-old", "ol"));
    ck_assert(!findings_tell(&f, "keys-old", "older"));
    ck_assert(!f.failed);
    findings_free(&f);
}
END_TEST

START_TEST(test_many_of_one_kind)
{
    char text[8192];
    struct findings f = { .area = AREA_RECORDS };
    for (int i = 0; i < FINDING_SAME_MAX + 5; i++) {
        finding_begin(&f, SEVERITY_WARNING, "same");
        finding_what(&f, "number %d", i);
    }
    finding_begin(&f, SEVERITY_FAULT, "other");
    finding_what(&f, "x");
    ck_assert_uint_eq(f.n, FINDING_SAME_MAX + 1);
    ck_assert_uint_eq(findings_count(&f, SEVERITY_WARNING), FINDING_SAME_MAX + 5);
    ck_assert_uint_eq(findings_count(&f, SEVERITY_FAULT), 1);
    printed(&f, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "same: number 9\n           and 5 more of same\n"));
    ck_assert_ptr_null(strstr(text, "number 10"));
    findings_free(&f);
}
END_TEST

START_TEST(test_json)
{
    struct findings f = { .area = AREA_REDIS };
    json_t *told = findings_json(&f);
    ck_assert_str_eq(json_string_value(json_object_get(told, "verdict")), "good");
    json_decref(told);
    finding_begin(&f, SEVERITY_WARNING, "x");
    finding_what(&f, "octets \xff");
    told = findings_json(&f);
    ck_assert_str_eq(json_string_value(json_object_get(told, "verdict")), "wrong");
    const json_t *one = json_array_get(json_object_get(told, "findings"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(one, "area")), "redis");
    ck_assert_str_eq(json_string_value(json_object_get(one, "severity")), "warning");
    ck_assert_str_eq(json_string_value(json_object_get(one, "what")), "octets \xef\xbf\xbd");
    ck_assert(json_is_null(json_object_get(one, "mend")));
    json_decref(told);
    findings_free(&f);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("finding");
    TCase *c = tcase_create("finding");
    tcase_add_test(c, test_areas);
    tcase_add_test(c, test_print);
    tcase_add_test(c, test_many_of_one_kind);
    tcase_add_test(c, test_json);
    suite_add_tcase(s, c);
    return s;
}
