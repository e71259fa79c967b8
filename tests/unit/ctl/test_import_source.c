#include "tests/support/unit.h"

#include <string.h>

#include "ctl/import_source.h"
#include "tests/unit/ctl/import_cases.h"
#include "tests/unit/ctl/import_scene.h"

#define TOLD_MAX 65536

/* Reads the text, and tells what became of it. */
static void read_case(const struct import_case *c, const struct config *config, struct span text,
                      struct buf *told)
{
    struct import im;
    struct import_settings set = { .format = FORMAT_UNTOLD };
    char map[100];
    struct import_source source = { .im = &im, .set = &set };
    set.home = c->home;
    set.of_system = c->system != NULL;
    if (c->system)
        ck_assert(system_parse(span_of(c->system), &set.system));
    set.group = c->group;
    if (c->map) {
        snprintf(map, sizeof(map), "%s", c->map);
        ck_assert_ptr_null(import_settings_map(&set, map));
    }
    ck_assert(import_init(&im, config));
    ck_assert(import_source_read(&source, text));
    scene_tell(&im, told);
    import_free(&im);
}

START_TEST(reads_files)
{
    const struct import_case *c = &import_cases[_i];
    struct config *config = scene_config(SCENE_NEXTHOP);
    struct buf told;
    struct span exact = unit_exact(span_of(c->text));
    buf_init(&told, TOLD_MAX);
    read_case(c, config, exact, &told);
    ck_assert_str_eq(buf_text(&told), c->want);
    buf_free(&told);
    free((void *)exact.p);
    config_free(config);
}
END_TEST

START_TEST(bears_what_is_cut_and_changed)
{
    static const char spoil[] = "\",;:\n@\x80";
    const struct import_case *c = &import_cases[_i];
    struct span whole = span_of(c->text);
    struct config *config = scene_config(SCENE_NEXTHOP);
    size_t step = unit_is_watched() ? 3 : 1;
    for (size_t n = 1; n <= whole.n; n += step) {
        struct buf told;
        struct span exact = unit_exact((struct span){ whole.p, n });
        buf_init(&told, TOLD_MAX);
        read_case(c, config, exact, &told);
        buf_clear(&told);
        ((char *)exact.p)[n - 1] = spoil[n % sizeof(spoil)];
        ((char *)exact.p)[n / 2] = spoil[n % 5];
        read_case(c, config, exact, &told);
        ck_assert(buf_ok(&told));
        buf_free(&told);
        free((void *)exact.p);
    }
    config_free(config);
}
END_TEST

static const struct {
    const char *text;
    const char *fault; /* NULL: good */
} maps[] = {
    { "Mail=address", NULL },
    { "a=b=home", NULL },
    { "address", "is not COLUMN=FIELD" },
    { "=address", "is not COLUMN=FIELD" },
    { "Mail=", "names no field: address, home, route, group, alias, calendar or note" },
    { "Mail=mail", "names no field: address, home, route, group, alias, calendar or note" },
};

START_TEST(reads_maps)
{
    struct import_settings set = { .maps = 0 };
    char text[100];
    snprintf(text, sizeof(text), "%s", maps[_i].text);
    const char *fault = import_settings_map(&set, text);
    ck_assert_pstr_eq(fault, maps[_i].fault);
    ck_assert_uint_eq(set.maps, fault ? 0 : 1);
}
END_TEST

START_TEST(has_a_cap_of_maps)
{
    struct import_settings set = { .maps = 0 };
    for (int i = 0; i <= IMPORT_MAPS_MAX; i++) {
        char text[] = "a=home";
        ck_assert_pstr_eq(import_settings_map(&set, text),
                          i < IMPORT_MAPS_MAX ? NULL : "is one too many");
    }
}
END_TEST

START_TEST(names_formats)
{
    enum import_format f = FORMAT_UNTOLD;
    const char *const names[] = { "csv", "ldif", "zmprov", "list" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ck_assert(import_format_parse(names[i], &f));
        ck_assert_str_eq(import_format_name(f), names[i]);
    }
    ck_assert(!import_format_parse("xml", &f));
    ck_assert(!import_format_parse("", &f));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("import_source");
    TCase *tc = tcase_create("import_source");
    tcase_add_loop_test(tc, reads_files, 0, COUNT_OF(import_cases));
    tcase_add_loop_test(tc, bears_what_is_cut_and_changed, 0, COUNT_OF(import_cases));
    tcase_add_loop_test(tc, reads_maps, 0, COUNT_OF(maps));
    tcase_add_test(tc, has_a_cap_of_maps);
    tcase_add_test(tc, names_formats);
    suite_add_tcase(suite, tc);
    return suite;
}
