#include "core/fields.h"

#include "base/buf.h"
#include "tests/support/unit.h"

#define NAME100                                                                                    \
    "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901" \
    "23"                                                                                           \
    "456789"

static const struct {
    struct span text;
    const char *fields; /* `name=value|`, line ends in values as they stand */
    const char *body;
} cases[] = {
    { SPAN_LIT(""), "", "" },
    { SPAN_LIT("A: b\n\nbody"), "A= b|", "body" },
    { SPAN_LIT("A: b\r\nC:d\r\n\r\nbody\r\n"), "A= b|C=d|", "body\r\n" },
    { SPAN_LIT("A: b\rC: d\r\rbody\r"), "A= b|C= d|", "body\r" },
    { SPAN_LIT("A: b\r\r\nC: d\r\r\n\r\r\nbody"), "A= b|C= d|", "body" },
    { SPAN_LIT("A: b\r\nC: d\nE: f\rG: h\n\nbody"), "A= b|C= d|E= f|G= h|", "body" },
    { SPAN_LIT("A: b\n c\n\td\nE: f\n\n"), "A= b\n c\n\td|E= f|", "" },
    { SPAN_LIT("A: b\r\n c\r\n\r\n"), "A= b\r\n c|", "" },
    { SPAN_LIT("A: b\n \t\nC: d\n"), "A= b\n \t|C= d|", "" },
    { SPAN_LIT("A : b\n\tc"), "A= b\n\tc|", "" },
    { SPAN_LIT("A:\nB:\n\n"), "A=|B=|", "" },
    { SPAN_LIT("A: stray\rCR\nB: c\n\n"), "A= stray\rCR|B= c|", "" },
    { SPAN_LIT("A: stray\r\nB: c"), "A= stray|B= c|", "" },
    { SPAN_LIT("A: b\nHello Bob,\nC: d\n"), "A= b|", "Hello Bob,\nC: d\n" },
    { SPAN_LIT("A: b\nHello Bob: this is\n"), "A= b|", "Hello Bob: this is\n" },
    { SPAN_LIT(" folded: no field\nA: b\n"), "", " folded: no field\nA: b\n" },
    { SPAN_LIT("\nA: b\n"), "", "A: b\n" },
    { SPAN_LIT(": no name\n"), "", ": no name\n" },
    { SPAN_LIT("no colon"), "", "no colon" },
    { SPAN_LIT("A: b"), "A= b|", "" },
    { SPAN_LIT("A"), "", "A" },
    { SPAN_LIT("\xc3\xa4: b\n"), "", "\xc3\xa4: b\n" },
    { SPAN_LIT("A: \xc3\xa4\x01\n"), "A= \xc3\xa4\x01|", "" },
    { SPAN_LIT(NAME100 NAME100 ": ok\n"), NAME100 NAME100 "= ok|", "" },
    { SPAN_LIT(NAME100 NAME100 NAME100 ": too long\n"), "",
      NAME100 NAME100 NAME100 ": too long\n" },
};

START_TEST(headers_are_cut_into_fields)
{
    struct span text = unit_exact(cases[_i].text);
    struct span rest = text;
    struct field f;
    struct buf got;
    buf_init(&got, 1000);
    while (field_take(&rest, &f)) {
        buf_add(&got, f.name);
        buf_addc(&got, '=');
        buf_add(&got, f.value);
        buf_addc(&got, '|');
    }
    unit_assert_span(buf_span(&got), cases[_i].fields, "fields");
    unit_assert_span(rest, cases[_i].body, "body");
    buf_free(&got);
    free((void *)text.p);
}
END_TEST

START_TEST(any_truncation_is_borne)
{
    for (size_t n = 0; n <= cases[_i].text.n; n++) {
        struct span text = unit_exact((struct span){ cases[_i].text.p, n });
        struct span rest = text;
        struct field f;
        while (field_take(&rest, &f)) {
            ck_assert(f.name.n > 0 && f.name.n <= FIELD_NAME_MAX);
            ck_assert(f.name.p >= text.p && f.value.p + f.value.n <= text.p + text.n);
        }
        ck_assert(rest.p + rest.n == text.p + text.n);
        free((void *)text.p);
    }
}
END_TEST

START_TEST(nul_octets_stay_in_values)
{
    struct span text = unit_exact(SPAN_LIT("A: \0b\0\nC: d\n"));
    struct span rest = text;
    struct field f;
    ck_assert(field_take(&rest, &f));
    ck_assert(span_eq(f.value, SPAN_LIT(" \0b\0")));
    ck_assert(field_take(&rest, &f));
    ck_assert(!field_take(&rest, &f));
    free((void *)text.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("fields");
    TCase *tc = tcase_create("fields");
    tcase_add_loop_test(tc, headers_are_cut_into_fields, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, any_truncation_is_borne, 0, COUNT_OF(cases));
    tcase_add_test(tc, nul_octets_stay_in_values);
    suite_add_tcase(suite, tc);
    return suite;
}
