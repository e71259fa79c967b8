#include "tests/support/unit.h"

#include <string.h>

#include "ctl/export.h"
#include "ctl/import_source.h"
#include "tests/unit/ctl/import_scene.h"

#define TOLD_MAX 65536

/* Values are in the order of enum import_field. */
static const struct {
    const char *address;
    const char *value[IMPORT_FIELDS];
    const char *csv;
    const char *ldif;
} cases[] = {
    { "a@example.com",
      { "primary" },
      "a@example.com,primary,,,,,\r\n",
      "\ndn: mail=a@example.com\nobjectClass: coexistUser\nmail: a@example.com\n"
      "coexistHome: primary\n" },
    { "a@example.com",
      { "both", "a@t.example", "sales, north", NULL, "secondary", "=cmd|' /C calc'!A0" },
      "a@example.com,both,a@t.example,\"sales, north\",,secondary,=cmd|' /C calc'!A0\r\n",
      "\ndn: mail=a@example.com\nobjectClass: coexistUser\nmail: a@example.com\n"
      "coexistHome: both\ncoexistRoute: a@t.example\ncoexistGroup: sales, north\n"
      "coexistCalendar: secondary\ncoexistNote: =cmd|' /C calc'!A0\n" },
    { "#o'neil+x=1@example.com",
      { NULL, NULL, NULL, "b@example.com", NULL, " says \"\xc3\xa4\" " },
      "#o'neil+x=1@example.com,,,,b@example.com,,\" says \"\"\xc3\xa4\"\" \"\r\n",
      "\ndn: mail=\\#o'neil\\+x\\=1@example.com\nobjectClass: coexistUser\n"
      "mail: #o'neil+x=1@example.com\ncoexistAlias: b@example.com\n"
      "coexistNote:: IHNheXMgIsOkIiA=\n" },
    { "a \"b\"@example.com",
      { "both", NULL, NULL, NULL, NULL, NULL },
      "\"\"\"a \\\"\"b\\\"\"\"\"@example.com\",both,,,,,\r\n",
      "\ndn: mail=\\\"a \\\\\\\"b\\\\\\\"\\\"@example.com\nobjectClass: coexistUser\n"
      "mail: \"a \\\"b\\\"\"@example.com\ncoexistHome: both\n" },
};

static struct export_user user_of(int i)
{
    struct export_user u = { .address = (char *)cases[i].address };
    for (size_t f = 0; f < IMPORT_FIELDS; f++)
        u.value[f] = (char *)cases[i].value[f];
    return u;
}

static void assert_written(enum export_format f, const struct export_user *u, const char *want)
{
    struct buf out;
    buf_init(&out, TOLD_MAX);
    ck_assert(export_write(f, u, &out));
    ck_assert_str_eq(buf_text(&out), want);
    buf_free(&out);
}

START_TEST(writes_users)
{
    struct export_user u = user_of(_i);
    assert_written(EXPORT_CSV, &u, cases[_i].csv);
    assert_written(EXPORT_LDIF, &u, cases[_i].ldif);
}
END_TEST

/* What was written and read again says every field of the record, and nothing else. */
START_TEST(is_read_again)
{
    static const enum export_format formats[] = { EXPORT_CSV, EXPORT_LDIF };
    enum export_format f = formats[_i];
    struct config *config = scene_config(SCENE_NEXTHOP);
    for (size_t i = 0; i < 2; i++) {
        struct buf out;
        struct import im;
        struct import_settings set = { .format = FORMAT_UNTOLD };
        struct import_source source = { .im = &im, .set = &set };
        struct export_user u = user_of((int)i);
        buf_init(&out, TOLD_MAX);
        ck_assert(export_begin(f, &out) && export_write(f, &u, &out));
        ck_assert(import_init(&im, config));
        ck_assert(import_source_read(&source, buf_span(&out)));
        ck_assert_uint_eq(im.report.faults, 0);
        ck_assert_uint_eq(im.changes.n, 1);
        for (size_t k = 0; k < IMPORT_FIELDS; k++) {
            ck_assert(change_names(&im.changes.at[0], import_field_name(k)));
            ck_assert_pstr_eq(change_value(&im.changes.at[0], import_field_name(k)), u.value[k]);
        }
        import_free(&im);
        buf_free(&out);
    }
    config_free(config);
}
END_TEST

START_TEST(keeps_the_limit)
{
    struct export_user u = user_of(1);
    for (int f = EXPORT_CSV; f <= EXPORT_LDIF; f++) {
        struct buf out;
        buf_init(&out, 100);
        ck_assert(!export_write(f, &u, &out) || f == EXPORT_CSV);
        buf_free(&out);
        buf_init(&out, 20);
        ck_assert(!export_write(f, &u, &out));
        buf_free(&out);
    }
}
END_TEST

START_TEST(names_formats)
{
    enum export_format f;
    ck_assert(export_format_parse("csv", &f) && f == EXPORT_CSV);
    ck_assert(export_format_parse("ldif", &f) && f == EXPORT_LDIF);
    ck_assert(export_format_parse("json", &f) && f == EXPORT_JSON);
    ck_assert(!export_format_parse("list", &f));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("export");
    TCase *tc = tcase_create("export");
    tcase_add_loop_test(tc, writes_users, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, is_read_again, 0, 2);
    tcase_add_test(tc, keeps_the_limit);
    tcase_add_test(tc, names_formats);
    suite_add_tcase(suite, tc);
    return suite;
}
