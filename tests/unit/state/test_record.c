#include "tests/support/unit.h"

#include <string.h>

#include "state/record.h"

#define FIELDS_MAX 4

#define A_16 "aaaaaaaaaaaaaaaa"
#define A_128 A_16 A_16 A_16 A_16 A_16 A_16 A_16 A_16
#define A_512 A_128 A_128 A_128 A_128

struct pair {
    const char *name;
    const char *value;
};

/* Every text in a block of its exact size, as the reader of a protocol would give it. */
static bool read_pairs(enum record_kind kind, const struct pair *pair, struct record *out,
                       char *fault)
{
    struct record_field field[FIELDS_MAX];
    size_t n = 0;
    for (; n < FIELDS_MAX && pair[n].name; n++) {
        field[n].name = unit_exact(span_of(pair[n].name));
        field[n].value = unit_exact(span_of(pair[n].value));
    }
    bool good = record_read(kind, field, n, out, fault);
    while (n-- > 0) {
        free((void *)field[n].name.p);
        free((void *)field[n].value.p);
    }
    return good;
}

static const struct good_case {
    enum record_kind kind;
    struct pair pair[FIELDS_MAX];
    struct record want;
} good_cases[] = {
    { RECORD_USER, { { "home", "primary" } }, { .home = HOME_PRIMARY } },
    { RECORD_USER, { { "home", "secondary" } }, { .home = HOME_SECONDARY } },
    { RECORD_USER, { { "home", "moving" } }, { .home = HOME_MOVING } },
    { RECORD_USER,
      { { "calendar", "secondary" }, { "home", "both" }, { "route", "Foo@X.example" } },
      { .home = HOME_BOTH, .calendar = HOME_SECONDARY, .route = "Foo@X.example" } },
    { RECORD_USER,
      { { "group", "Sales and Marketing" }, { "note", "" } },
      { .group = "Sales and Marketing" } },
    { RECORD_USER, { { "alias", "Bar@Example.COM" } }, { .alias = "bar@example.com" } },
    { RECORD_USER, { { "route", "\"a b\"@x" } }, { .route = "\"a b\"@x" } },
    { RECORD_USER, { { "route", "j\xc3\xbcrgen@x" } }, { .route = "j\xc3\xbcrgen@x" } },
    { RECORD_USER, { { "note", "wave 3, <ask> bob" } }, { .home = HOME_UNSET } },
    { RECORD_USER, { { "note", A_512 A_512 } }, { .home = HOME_UNSET } },
    { RECORD_USER, { { "group", A_128 } }, { .group = A_128 } },
    { RECORD_GROUP, { { "home", "moving" }, { "note", "n" } }, { .home = HOME_MOVING } },
    { RECORD_DOMAIN,
      { { "home", "primary" }, { "mode", "observe" } },
      { .home = HOME_PRIMARY, .mode = MODE_OBSERVE } },
    { RECORD_DOMAIN, { { "mode", "enforce" } }, { .mode = MODE_ENFORCE } },
    { RECORD_DOMAIN, { { NULL, NULL } }, { .home = HOME_UNSET } },
};

START_TEST(good_records_are_read)
{
    const struct good_case *c = &good_cases[_i];
    struct record got;
    char fault[RECORD_FAULT_MAX] = "";
    ck_assert_msg(read_pairs(c->kind, c->pair, &got, fault), "%d: %s", _i, fault);
    ck_assert_int_eq(got.kind, c->kind);
    ck_assert_int_eq(got.home, c->want.home);
    ck_assert_int_eq(got.mode, c->want.mode);
    ck_assert_int_eq(got.calendar, c->want.calendar);
    ck_assert_str_eq(got.route, c->want.route);
    ck_assert_str_eq(got.alias, c->want.alias);
    ck_assert_str_eq(got.group, c->want.group);
}
END_TEST

static const struct bad_case {
    enum record_kind kind;
    struct pair pair[FIELDS_MAX];
    const char *fault;
} bad_cases[] = {
    { RECORD_USER,
      { { "home", "secodnary" } },
      "home is 'secodnary', not one of primary, secondary, both, moving" },
    { RECORD_USER,
      { { "home", "Primary" } },
      "home is 'Primary', not one of primary, secondary, both, moving" },
    { RECORD_USER,
      { { "home", "primary " } },
      "home is 'primary ', not one of primary, secondary, both, moving" },
    { RECORD_USER,
      { { "home", "unset" } },
      "home is 'unset', not one of primary, secondary, both, moving" },
    { RECORD_GROUP,
      { { "home", "h\xc3\xb6me" } },
      "home is 'h??me', not one of primary, secondary, both, moving" },
    { RECORD_USER, { { "home", "" } }, "home is empty" },
    { RECORD_USER, { { "route", "" } }, "route is empty" },
    { RECORD_USER, { { "group", "" } }, "group is empty" },
    { RECORD_USER, { { "alias", "" } }, "alias is empty" },
    { RECORD_USER, { { "calendar", "" } }, "calendar is empty" },
    { RECORD_DOMAIN, { { "mode", "" } }, "mode is empty" },
    { RECORD_USER,
      { { "hmoe", "primary" } },
      "'hmoe' is not a field of a user record (home, route, group, alias, calendar, note)" },
    { RECORD_USER,
      { { "", "primary" } },
      "'' is not a field of a user record (home, route, group, alias, calendar, note)" },
    { RECORD_USER,
      { { "home", "primary" }, { "Home", "primary" } },
      "'Home' is not a field of a user record (home, route, group, alias, calendar, note)" },
    { RECORD_USER,
      { { "mode", "observe" } },
      "'mode' is not a field of a user record (home, route, group, alias, calendar, note)" },
    { RECORD_GROUP,
      { { "route", "a@b" } },
      "'route' is not a field of a group record (home, note)" },
    { RECORD_DOMAIN, { { "note", "n" } }, "'note' is not a field of a domain record (home, mode)" },
    { RECORD_GROUP,
      { { A_512, "n" } },
      "'" A_16 A_16 A_16 "...' is not a field of a group record (home, note)" },
    { RECORD_USER,
      { { "calendar", "both" } },
      "calendar is 'both', not one of primary, secondary" },
    { RECORD_DOMAIN, { { "mode", "off" } }, "mode is 'off', not one of enforce, observe" },
    { RECORD_USER, { { "route", "a@" A_512 } }, "route has 514 octets, more than 512" },
    { RECORD_USER, { { "alias", "a@" A_512 } }, "alias has 514 octets, more than 512" },
    { RECORD_USER, { { "group", A_128 "a" } }, "group has 129 octets, more than 128" },
    { RECORD_USER, { { "route", "a\n@b" } }, "route has a control character in it" },
    { RECORD_USER, { { "group", "a\x7f" } }, "group has a control character in it" },
    { RECORD_USER, { { "note", "a\tb" } }, "note has a control character in it" },
    { RECORD_USER, { { "route", "bob" } }, "route is 'bob', not an address" },
    { RECORD_USER, { { "route", "@b" } }, "route is '@b', not an address" },
    { RECORD_USER, { { "alias", "a@" } }, "alias is 'a@', not an address" },
    { RECORD_USER, { { "route", "<a@b>" } }, "route is '<a@b>', not an address" },
    { RECORD_USER, { { "route", "a@b, c@d" } }, "route is 'a@b, c@d', not an address" },
    { RECORD_USER, { { "alias", " a@b" } }, "alias is ' a@b', not an address" },
    { RECORD_USER,
      { { "alias", "a@b" }, { "home", "primary" } },
      "alias stands beside home: the record of its target says that" },
    { RECORD_USER,
      { { "route", "r@x" }, { "alias", "a@b" } },
      "alias stands beside route: the record of its target says that" },
    { RECORD_USER,
      { { "group", "g" }, { "alias", "a@b" } },
      "alias stands beside group: the record of its target says that" },
};

START_TEST(bad_records_are_named)
{
    const struct bad_case *c = &bad_cases[_i];
    struct record got;
    char fault[RECORD_FAULT_MAX] = "";
    ck_assert_msg(!read_pairs(c->kind, c->pair, &got, fault), "%d: taken for good", _i);
    ck_assert_str_eq(fault, c->fault);
}
END_TEST

/* A NUL hides nothing of what follows it. */
START_TEST(a_nul_is_an_octet)
{
    struct record got;
    char fault[RECORD_FAULT_MAX];
    const struct record_field value = { SPAN_LIT("home"), SPAN_LIT("primary\0x") };
    ck_assert(!record_read(RECORD_USER, &value, 1, &got, fault));
    ck_assert_str_eq(fault, "home has a control character in it");
    const struct record_field name = { SPAN_LIT("home\0x"), SPAN_LIT("primary") };
    ck_assert(!record_read(RECORD_GROUP, &name, 1, &got, fault));
    ck_assert_str_eq(fault, "'home?x' is not a field of a group record (home, note)");
}
END_TEST

/* The fields beyond the limit are not looked at: there are none behind the pointer. */
START_TEST(too_many_fields_are_a_fault)
{
    struct record got;
    char fault[RECORD_FAULT_MAX];
    struct record_field field[RECORD_FIELDS_MAX];
    for (size_t i = 0; i < COUNT_OF(field); i++)
        field[i] = (struct record_field){ SPAN_LIT("note"), SPAN_LIT("n") };
    ck_assert(record_read(RECORD_USER, field, RECORD_FIELDS_MAX, &got, fault));
    ck_assert(!record_read(RECORD_USER, field, RECORD_FIELDS_MAX + 1, &got, fault));
    ck_assert_str_eq(fault, "33 fields, more than 32");
}
END_TEST

static const struct key_case {
    const char *prefix;
    enum record_kind kind;
    const char *name;
    const char *want;
} key_cases[] = {
    { "coexist:", RECORD_USER, "foo@example.com", "coexist:user:foo@example.com" },
    { "coexist:", RECORD_GROUP, "Sales", "coexist:group:Sales" },
    { "x/", RECORD_DOMAIN, "example.com", "x/domain:example.com" },
    { "", RECORD_DOMAIN, "", "domain:" },
};

START_TEST(keys_are_prefix_kind_and_name)
{
    const struct key_case *c = &key_cases[_i];
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    struct span prefix = unit_exact(span_of(c->prefix));
    struct span name = unit_exact(span_of(c->name));
    ck_assert(record_key(prefix, c->kind, name, &key));
    unit_assert_span(buf_span(&key), c->want, "key");
    enum record_kind kind;
    struct span read;
    struct span whole = unit_exact(buf_span(&key));
    ck_assert(record_of_key(prefix, whole, &kind, &read));
    ck_assert_int_eq(kind, c->kind);
    unit_assert_span(read, c->name, "name");
    free((void *)whole.p);
    free((void *)prefix.p);
    free((void *)name.p);
    buf_free(&key);
}
END_TEST

START_TEST(a_key_has_a_longest)
{
    static const char text[RECORD_KEY_MAX + 1];
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    const size_t room = RECORD_KEY_MAX - strlen("user:");
    ck_assert(record_key(SPAN_LIT(""), RECORD_USER, (struct span){ text, room }, &key));
    ck_assert_uint_eq(key.n, RECORD_KEY_MAX);
    buf_clear(&key);
    ck_assert(!record_key(SPAN_LIT(""), RECORD_USER, (struct span){ text, room + 1 }, &key));
    ck_assert(!record_key((struct span){ text, room }, RECORD_USER, SPAN_LIT("a"), &key));
    ck_assert(!record_key((struct span){ text, sizeof(text) }, RECORD_USER, SPAN_LIT(""), &key));
    ck_assert(!record_key(SPAN_LIT("a"), RECORD_USER, (struct span){ text, SIZE_MAX }, &key));
    buf_free(&key);
}
END_TEST

START_TEST(other_keys_are_no_records)
{
    static const char *const keys[] = {
        "",        "coexist:",       "coexist:user", "coexist:users:a",
        "coexist", "coexist:User:a", "user:a",       "mail:user:a"
    };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        enum record_kind kind;
        struct span name;
        struct span key = unit_exact(span_of(keys[i]));
        ck_assert_msg(!record_of_key(SPAN_LIT("coexist:"), key, &kind, &name), "%s", keys[i]);
        free((void *)key.p);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("record");
    TCase *tc = tcase_create("record");
    tcase_add_loop_test(tc, good_records_are_read, 0, COUNT_OF(good_cases));
    tcase_add_loop_test(tc, bad_records_are_named, 0, COUNT_OF(bad_cases));
    tcase_add_test(tc, a_nul_is_an_octet);
    tcase_add_test(tc, too_many_fields_are_a_fault);
    tcase_add_loop_test(tc, keys_are_prefix_kind_and_name, 0, COUNT_OF(key_cases));
    tcase_add_test(tc, a_key_has_a_longest);
    tcase_add_test(tc, other_keys_are_no_records);
    suite_add_tcase(suite, tc);
    return suite;
}
