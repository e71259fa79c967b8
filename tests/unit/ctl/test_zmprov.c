#include "tests/support/unit.h"

#include "base/buf.h"
#include "ctl/zmprov.h"

static const struct {
    const char *text;
    const char *want;
} cases[] = {
    { "", "" },
    { "mail: before any account\n", "" },
    { "# name a@b\nmail: a@b\nuid: a\n\n# name c@d\n", "1 # a@b\n2 mail=a@b\n3 uid=a\n5 # c@d\n" },
    { "# name a@b\r\nmail: a@b\r\n", "1 # a@b\n2 mail=a@b\n" },
    { "# name a@b\nmail: x\nmail: y\n", "1 # a@b\n2 mail=x\n3 mail=y\n" },
    { "# name a@b\ncert:: YWJj\n YWJj\nuid: a\n", "1 # a@b\n2 cert=YWJj\n4 uid=a\n" },
    { "# name a@b\nuid:\n", "1 # a@b\n2 uid=\n" },
    { "# nameless\n# comment\n", "" },
    /* Lines of a signature that look like something else. */
    { "# name a@b\n"
      "zimbraMailTransport: lmtp:h:1\n"
      "zimbraPrefMailSignature: Yours,\n"
      "\n"
      "mail: forged@b\n"
      "zimbraMailTransport: smtp:x:1\n"
      "http://a.b: a\n"
      "note:this\n"
      "zimbraSignatureName: s\n",
      "1 # a@b\n2 zimbraMailTransport=lmtp:h:1\n3 zimbraPrefMailSignature=Yours,\n"
      "9 zimbraSignatureName=s\n" },
};

START_TEST(reads_accounts)
{
    struct span exact = unit_exact(span_of(cases[_i].text));
    struct zmprov z;
    struct buf told;
    enum zmprov_step step;
    buf_init(&told, 4096);
    zmprov_begin(&z, exact);
    while ((step = zmprov_next(&z)) != ZMPROV_END)
        buf_addf(&told, "%zu %s%.*s%s%.*s\n", z.name_line, step == ZMPROV_ACCOUNT ? "# " : "",
                 SPAN_ARG(z.name), step == ZMPROV_ACCOUNT ? "" : "=", SPAN_ARG(z.value));
    ck_assert_str_eq(buf_text(&told), cases[_i].want);
    buf_free(&told);
    free((void *)exact.p);
}
END_TEST

START_TEST(bears_what_is_cut)
{
    struct span whole = span_of(cases[_i].text);
    for (size_t n = 0; n < whole.n; n++) {
        struct span exact = unit_exact((struct span){ whole.p, n });
        struct zmprov z;
        size_t steps = 0;
        zmprov_begin(&z, exact);
        while (zmprov_next(&z) != ZMPROV_END)
            ck_assert_uint_le(++steps, n);
        free((void *)exact.p);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("zmprov");
    TCase *tc = tcase_create("zmprov");
    tcase_add_loop_test(tc, reads_accounts, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, bears_what_is_cut, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
