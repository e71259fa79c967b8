#include "tests/support/unit.h"

#include <string.h>

#include "ctl/ldif.h"

#define TOLD_MAX 4096
#define NO_ATTRIBUTE "this is no attribute: write NAME: VALUE"
#define NO_BASE64 "the value is not base64, or not in full"

/* `LINE name=value` for each attribute (`!` and the fault for a value that cannot be had), `.` for
 * the end of an entry, `! LINE: fault`. */
static void tell(struct span text, struct buf *told)
{
    struct ldif l;
    struct buf value;
    enum ldif_step step;
    ldif_begin(&l, text);
    buf_init(&value, LDIF_VALUE_MAX);
    while ((step = ldif_next(&l)) < LDIF_END) {
        if (step == LDIF_ENTRY_END) {
            buf_adds(told, ".\n");
            continue;
        }
        buf_addf(told, "%zu %.*s=", l.name_line, SPAN_ARG(l.name));
        if (ldif_value(&l, &value))
            buf_addf(told, "%s\n", buf_text(&value));
        else
            buf_addf(told, "! %zu: %s\n", l.fault_line, l.fault);
    }
    if (step == LDIF_FAULT)
        buf_addf(told, "! %zu: %s\n", l.fault_line, l.fault);
    buf_free(&value);
}

static const struct {
    const char *text;
    const char *want;
} cases[] = {
    { "", "" },
    { "\n\n", "" },
    { "version: 1\n", "" },
    { "dn: uid=a\nmail: a@b\n", "1 dn=uid=a\n2 mail=a@b\n.\n" },
    { "version: 1\n\ndn: uid=a\r\nmail:a@b\r\n\r\n\r\ndn: uid=b\r\n",
      "3 dn=uid=a\n4 mail=a@b\n.\n7 dn=uid=b\n.\n" },
    { "# a comment\n that goes on\ndn: x\n# another\nmail: y\n", "3 dn=x\n5 mail=y\n.\n" },
    { "dn: ui\n d=a,\n  dc=b\nmail: x\n", "1 dn=uid=a, dc=b\n4 mail=x\n.\n" },
    { "dn: ui\r\n d=a\r\nmail: x\r\n", "1 dn=uid=a\n3 mail=x\n.\n" },
    { "mail:\n a@b\n", "1 mail=a@b\n.\n" },
    { "mail:: YUBi\n", "1 mail=a@b\n.\n" },
    { "mail:: YU\n Bi\n", "1 mail=a@b\n.\n" },
    { "mail:: YUB\n", "1 mail=! 1: " NO_BASE64 "\n.\n" },
    { "mail:: YUBi=\n", "1 mail=! 1: " NO_BASE64 "\n.\n" },
    { "mail::\n", "1 mail=\n.\n" },
    { "photo:< file:///etc/passwd\n",
      "1 photo=! 1: the value is in another file, which is not read\n.\n" },
    { "ma\n il:\n : Y\n UBi\n", "1 mail=a@b\n.\n" },
    { "ma\r\n il:\r\n :\r\n  \r\n  YUBi\r\n", "1 mail=a@b\n.\n" },
    { "cn;lang-de: x\n", "1 cn=x\n.\n" },
    { "2.5.4.3: x\n", "1 2.5.4.3=x\n.\n" },
    { "mail:\n", "1 mail=\n.\n" },
    { "mail:  two blanks \n", "1 mail=two blanks \n.\n" },
    { "dn: x\nchangetype: modify\nadd: mail\nmail: y\n-\n\n",
      "1 dn=x\n2 changetype=modify\n3 add=mail\n4 mail=y\n5 -=\n.\n" },
    { "dn: x\nmail\n", "1 dn=x\n! 2: " NO_ATTRIBUTE "\n" },
    { "dn: x\n\n a fold of nothing\n", "1 dn=x\n.\n! 3: a line that continues none\n" },
    { ": x\n", "! 1: " NO_ATTRIBUTE "\n" },
    { "ma il: x\n", "! 1: " NO_ATTRIBUTE "\n" },
    { "address,home\n", "! 1: " NO_ATTRIBUTE "\n" },
    { "cn\xc3\xa4: x\n", "! 1: " NO_ATTRIBUTE "\n" },
};

START_TEST(reads_entries)
{
    struct buf told;
    struct span exact = unit_exact(span_of(cases[_i].text));
    buf_init(&told, TOLD_MAX);
    tell(exact, &told);
    ck_assert_str_eq(buf_text(&told), cases[_i].want);
    buf_free(&told);
    free((void *)exact.p);
}
END_TEST

START_TEST(bears_what_is_cut_and_changed)
{
    static const char spoil[] = ": \n\r<#=";
    struct span whole = span_of(cases[_i].text);
    for (size_t n = 1; n <= whole.n; n++) {
        for (size_t k = 0; k < sizeof(spoil); k++) {
            struct buf told;
            struct span exact = unit_exact((struct span){ whole.p, n });
            ((char *)exact.p)[n / 2] = spoil[k];
            buf_init(&told, TOLD_MAX);
            tell(exact, &told);
            ck_assert(buf_ok(&told));
            buf_free(&told);
            free((void *)exact.p);
        }
    }
}
END_TEST

START_TEST(has_a_cap_of_names)
{
    char text[LDIF_NAME_MAX + 4];
    struct ldif l;
    memset(text, 'n', sizeof(text));
    text[LDIF_NAME_MAX + _i] = ':';
    struct span exact = unit_exact((struct span){ text, sizeof(text) });
    ldif_begin(&l, exact);
    ck_assert_int_eq(ldif_next(&l), _i == 0 ? LDIF_ATTRIBUTE : LDIF_FAULT);
    free((void *)exact.p);
}
END_TEST

/* Only a value that is asked for has to fit. */
START_TEST(has_a_cap)
{
    struct buf text, value;
    struct ldif l;
    buf_init(&text, 4 * LDIF_VALUE_MAX);
    buf_init(&value, LDIF_VALUE_MAX);
    buf_adds(&text, "photo: ");
    for (int i = 0; i < LDIF_VALUE_MAX + _i; i++)
        buf_adds(&text, i % 64 == 63 ? "x\n " : "x");
    buf_adds(&text, "\nmail: y");
    struct span exact = unit_exact(buf_span(&text));
    ldif_begin(&l, exact);
    ck_assert_int_eq(ldif_next(&l), LDIF_ATTRIBUTE);
    ck_assert(ldif_value(&l, &value) == (_i == 0));
    if (_i > 0)
        ck_assert_str_eq(l.fault, "the value is too long: more than 1048576 octets");
    ck_assert_int_eq(ldif_next(&l), LDIF_ATTRIBUTE);
    ck_assert(ldif_value(&l, &value));
    ck_assert_str_eq(buf_text(&value), "y");
    ck_assert_int_eq(ldif_next(&l), LDIF_ENTRY_END);
    ck_assert_int_eq(ldif_next(&l), LDIF_END);
    free((void *)exact.p);
    buf_free(&text);
    buf_free(&value);
}
END_TEST

static const struct {
    const char *value;
    const char *want;
} written[] = {
    { "", "note: \n" },
    { "a@b", "note: a@b\n" },
    { "a:b <c> #d", "note: a:b <c> #d\n" },
    { " a", "note:: IGE=\n" },
    { ":a", "note:: OmE=\n" },
    { "<a", "note:: PGE=\n" },
    { "a ", "note:: YSA=\n" },
    { "a\nb", "note:: YQpi\n" },
    { "\xc3\xa4", "note:: w6Q=\n" },
    { "0123456789012345678901234567890123456789012345678901234567890123456789",
      "note: 0123456789012345678901234567890123456789012345678901234567890123456789\n" },
    { "01234567890123456789012345678901234567890123456789012345678901234567890",
      "note: 0123456789012345678901234567890123456789012345678901234567890123456789\n 0\n" },
};

START_TEST(writes_what_it_reads)
{
    struct buf out, value;
    struct ldif l;
    buf_init(&out, TOLD_MAX);
    buf_init(&value, TOLD_MAX);
    ldif_write(&out, "note", span_of(written[_i].value));
    ck_assert_str_eq(buf_text(&out), written[_i].want);
    ldif_begin(&l, buf_span(&out));
    ck_assert_int_eq(ldif_next(&l), LDIF_ATTRIBUTE);
    ck_assert(ldif_value(&l, &value));
    ck_assert_str_eq(buf_text(&value), written[_i].value);
    buf_free(&out);
    buf_free(&value);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("ldif");
    TCase *tc = tcase_create("ldif");
    tcase_add_loop_test(tc, reads_entries, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, bears_what_is_cut_and_changed, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, writes_what_it_reads, 0, COUNT_OF(written));
    tcase_add_loop_test(tc, has_a_cap, 0, 2);
    tcase_add_loop_test(tc, has_a_cap_of_names, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
