#include "ctl/viewpoint.h"

#include "tests/unit/ctl/inspect_fixture.h"

START_TEST(a_configuration_gives_a_site_and_keys)
{
    struct inspect_fixture f;
    struct viewpoint v;
    inspect_fixture_open(&f, FIXTURE_KEYS, "");
    viewpoint_of(&v, &f);
    ck_assert(v.configured && v.has_keys);
    ck_assert_str_eq(v.note, "");
    ck_assert_int_eq(site_host(v.engine->site, SPAN_LIT("p.example")), PLACE_PRIMARY);
    ck_assert_ptr_nonnull(keyring_find(v.engine->keys, SPAN_LIT("test")));
    viewpoint_close(&v);
    inspect_fixture_close(&f);
}
END_TEST

START_TEST(without_a_key_file_nothing_is_verified)
{
    struct inspect_fixture f;
    struct viewpoint v;
    inspect_fixture_open(&f, NULL, "");
    viewpoint_of(&v, &f);
    ck_assert(v.configured && !v.has_keys);
    ck_assert_ptr_nonnull(strstr(v.note, "/keys: No such file"));
    viewpoint_close(&v);
    inspect_fixture_close(&f);
}
END_TEST

static const struct {
    const char *keys, *more;
} faults[] = {
    { "nonsense\n", "" },
    { FIXTURE_KEYS, "nonsense = 1\n" },
};

START_TEST(what_is_wrong_is_refused)
{
    struct inspect_fixture f;
    struct viewpoint v;
    inspect_fixture_open(&f, faults[_i].keys, faults[_i].more);
    const struct session s = { .config_file = f.config, .config_given = true };
    ck_assert(!viewpoint_open(&v, &s));
    viewpoint_close(&v);
    inspect_fixture_close(&f);
}
END_TEST

static const struct {
    const char *file;
    bool given, good;
} missing[] = {
    { "/nonexistent/conf", false, true },
    { "/dev/null/conf", false, true },
    { "/nonexistent/conf", true, false },
};

START_TEST(only_a_named_configuration_must_be_there)
{
    struct viewpoint v;
    const struct session s = { .config_file = missing[_i].file, .config_given = missing[_i].given };
    ck_assert_int_eq(viewpoint_open(&v, &s), missing[_i].good);
    if (missing[_i].good)
        ck_assert(v.engine && !v.configured && !v.has_keys && v.note[0] == '\0');
    viewpoint_close(&v);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("viewpoint");
    TCase *tc = tcase_create("viewpoint");
    tcase_add_test(tc, a_configuration_gives_a_site_and_keys);
    tcase_add_test(tc, without_a_key_file_nothing_is_verified);
    tcase_add_loop_test(tc, what_is_wrong_is_refused, 0, COUNT_OF(faults));
    tcase_add_loop_test(tc, only_a_named_configuration_must_be_there, 0, COUNT_OF(missing));
    suite_add_tcase(suite, tc);
    return suite;
}
