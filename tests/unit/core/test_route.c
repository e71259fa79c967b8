#include "tests/support/unit.h"

#include <string.h>

#include "core/route.h"

static const struct {
    struct span template;
    const char *fault; /* words that the sentence must hold; NULL: good */
} templates[] = {
    { SPAN_LIT("%u@contoso.onmicrosoft.com"), NULL },
    { SPAN_LIT("%u@%d.primary.invalid"), NULL },
    { SPAN_LIT("%a.primary.invalid"), NULL },
    { SPAN_LIT("%u@%d.primary.invalid."), NULL },
    { SPAN_LIT("x-%u@%d"), NULL },
    { SPAN_LIT("x-%a"), NULL },
    { SPAN_LIT("%u.%d@gateway.example"), NULL },
    { SPAN_LIT("%u%%x@gateway.example"), NULL },
    { SPAN_LIT("%u@[192.0.2.1]"), NULL },
    { SPAN_LIT("%u@b\xc3\xbc"
               "cher.example"),
      NULL },
    { SPAN_LIT(""), "no @" },
    { SPAN_LIT("%u"), "no @" },
    { SPAN_LIT("%u.example.com"), "no @" },
    { SPAN_LIT("%u@"), "empty" },
    { SPAN_LIT("%u@."), "empty" },
    { SPAN_LIT("%u@.example"), "begins with a dot" },
    { SPAN_LIT("%u@a..b"), "two dots" },
    { SPAN_LIT("%u@a.."), "two dots" },
    { SPAN_LIT("%u@.."), "two dots" },
    { SPAN_LIT("%a..x"), "two dots" },
    { SPAN_LIT("bob@example.net"), "one mailbox" },
    { SPAN_LIT("bob@%d.net"), "one mailbox" },
    { SPAN_LIT("%%u@example.net"), "one mailbox" },
    { SPAN_LIT("@example.net"), "one mailbox" },
    { SPAN_LIT("%a"), "recipient itself" },
    { SPAN_LIT("%a."), "recipient itself" },
    { SPAN_LIT("%u@%d"), "recipient itself" },
    { SPAN_LIT("%u@%d."), "recipient itself" },
    { SPAN_LIT("%u@a@b"), "more than one @" },
    { SPAN_LIT("%a@b"), "more than one @" },
    { SPAN_LIT("%a%a"), "more than one @" },
    { SPAN_LIT("x@%u.example"), "behind the @" },
    { SPAN_LIT("%x@example.net"), "unknown % code" },
    { SPAN_LIT("%U@example.net"), "unknown % code" },
    { SPAN_LIT("%\0@example.net"), "unknown % code" },
    { SPAN_LIT("%u@example.%"), "% at the end" },
    { SPAN_LIT("%"), "% at the end" },
    { SPAN_LIT("%u@example.net "), "blank or control" },
    { SPAN_LIT("%u@exam\tple.net"), "blank or control" },
    { SPAN_LIT("%u@exam\0ple.net"), "blank or control" },
    { SPAN_LIT("%u@example.net\x7f"), "blank or control" },
    { SPAN_LIT("\"%u\"@example.net"), "quotes" },
    { SPAN_LIT("<%u@example.net>"), "quotes" },
    { SPAN_LIT("%u\\@example.net"), "quotes" },
    { SPAN_LIT("%u@example.net,"), "quotes" },
    { SPAN_LIT("%u(x)@example.net"), "quotes" },
};

START_TEST(templates_are_checked)
{
    struct span template = unit_exact(templates[_i].template);
    const char *fault = route_template_fault(template), *want = templates[_i].fault;
    if (!want)
        ck_assert_msg(!fault, "'%.*s': %s", SPAN_ARG(template), fault);
    else
        ck_assert_msg(fault && strstr(fault, want), "'%.*s': %s", SPAN_ARG(template), fault);
    free((void *)template.p);
}
END_TEST

START_TEST(template_length_is_limited)
{
    char text[ROUTE_TEMPLATE_MAX + 1];
    memset(text, 'x', sizeof(text));
    memcpy(text, "%u@", 3);
    ck_assert_ptr_null(route_template_fault((struct span){ text, ROUTE_TEMPLATE_MAX }));
    const char *fault = route_template_fault((struct span){ text, ROUTE_TEMPLATE_MAX + 1 });
    ck_assert_msg(fault && strstr(fault, "512"), "%s", fault);
}
END_TEST

static const struct {
    const char *template;
    const char *mailbox;
    const char *made; /* NULL: RESULT_SYNTAX */
} expansions[] = {
    { "%u@contoso.onmicrosoft.com", "<Bob.Smith+x@Example.com>",
      "Bob.Smith+x@contoso.onmicrosoft.com" },
    { "%u@%d.primary.invalid", "<Bob+x@Example.com>", "Bob+x@Example.com.primary.invalid" },
    { "%a.primary.invalid", "<Bob+x@Example.com.>", "Bob+x@Example.com.primary.invalid" },
    { "%u@x", "<@a,@b:bob@example.com>", "bob@x" },
    { "%u@x", "<\"Bob Smith\"@d>", "\"Bob Smith\"@x" },
    { "%u@x", "<\"a@\\\"b\"@d>", "\"a@\\\"b\"@x" },
    { "%a.x", "<\"Bob Smith\"@d>", "\"Bob Smith\"@d.x" },
    { "%u@x", "<a.\"b c\"@d>", "a.\"b c\"@x" },
    { "%u@x", "<J\xc3\xb6rg@d>", "J\xc3\xb6rg@x" },
    { "%u@x", "<a%d@d>", "a%d@x" },
    { "%u%%%d@x", "<bob@d>", "bob%d@x" },
    /* One pair of quotes around the whole. */
    { "x-%u@y", "<\"Bob Smith\"@d>", "\"x-Bob Smith\"@y" },
    { "%u-%d@y", "<\"a\\\"\\\\b\"@d>", "\"a\\\"\\\\b-d\"@y" },
    { "x-%a.y", "<a.\"b c\".d@e>", "\"x-a.b c.d\"@e.y" },
    { "%u-%u@y", "<\"b c\"@e>", "\"b c-b c\"@y" },
    /* Literals. */
    { "x-%u@%d", "<bob@[192.0.2.1]>", "x-bob@[192.0.2.1]" },
    { "x-%a", "<bob@[IPv6:::1]>", "x-bob@[IPv6:::1]" },
    { "%u@x", "<bob@[192.0.2.1]>", "bob@x" },
    { "%u@[192.0.2.1]", "<bob@d>", "bob@[192.0.2.1]" },
    { "%u@%d.x", "<bob@[192.0.2.1]>", NULL },
    { "%u@x.%d", "<bob@[192.0.2.1]>", NULL },
    { "%a.x", "<bob@[192.0.2.1]>", NULL },
    { "%u.%d@x", "<bob@[192.0.2.1]>", NULL },
    /* A plain address, as a user's own record has. */
    { "bar@contoso.example", "<bob@d>", "bar@contoso.example" },
    { "bar@contoso.example", "<\"b b\"@d>", "bar@contoso.example" },
    { "\"b@r\"@contoso.example", "<\"b b\"@d>", "\"b@r\"@contoso.example" },
    /* The recipient itself, however it is written. */
    { "%u@%d", "<bob@d>", NULL },
    { "bob@D.", "<Bob@d>", NULL },
    { "\"bob\"@d", "<bob@d>", NULL },
    { "%u@example.com", "<bob@Example.COM.>", NULL },
    { "%u@example.com", "<\"bob\"@example.com>", NULL },
    /* No mailbox. */
    { "", "<bob@d>", NULL },
    { "%u", "<bob@d>", NULL },
    { "%u@", "<bob@d>", NULL },
    { "%u@.", "<bob@d>", NULL },
    { "@x", "<bob@d>", NULL },
    { "%u@x y", "<bob@d>", NULL },
    { "%u@x\n", "<bob@d>", NULL },
    { "<%u@x>", "<bob@d>", NULL },
    { "x@%u", "<\"a b\"@d>", NULL },
    { "\"x-%u\"@y", "<\"a b\"@d>", NULL },
    { "%q@x", "<bob@d>", NULL },
    { "%u@x%", "<bob@d>", NULL },
    { "%u@x", "<>", NULL },
    { "%u@x", "<postmaster>", NULL },
};

START_TEST(expansion_makes_another_mailbox)
{
    struct span template = unit_exact(span_of(expansions[_i].template));
    const char *made = expansions[_i].made;
    struct address mailbox;
    ck_assert_int_eq(address_parse(span_of(expansions[_i].mailbox), &mailbox), RESULT_OK);
    struct buf out;
    buf_init(&out, ADDRESS_MAX);
    buf_adds(&out, "left over");
    ck_assert_int_eq(route_expand(template, &mailbox, &out), made ? RESULT_OK : RESULT_SYNTAX);
    unit_assert_span(buf_span(&out), made ? made : "", "address");
    buf_free(&out);
    address_free(&mailbox);
    free((void *)template.p);
}
END_TEST

/* The result for a local part of n octets and the template, in a buffer of the given limit. */
static enum result expand_long(const char *template, size_t n, size_t limit)
{
    char path[ADDRESS_MAX];
    memset(path, 'a', n);
    memcpy(path + n, "@d", 2);
    struct address mailbox;
    ck_assert_int_eq(address_parse((struct span){ path, n + 2 }, &mailbox), RESULT_OK);
    struct buf out;
    buf_init(&out, limit);
    enum result r = route_expand(span_of(template), &mailbox, &out);
    ck_assert_uint_eq(buf_span(&out).n > 0, r == RESULT_OK);
    buf_free(&out);
    address_free(&mailbox);
    return r;
}

START_TEST(result_length_is_limited)
{
    ck_assert_int_eq(expand_long("%u@1234567", 1016, 9999), RESULT_OK);
    ck_assert_int_eq(expand_long("%u@12345678", 1016, 9999), RESULT_LIMIT);
    ck_assert_int_eq(expand_long("%u%u%u%u@x", 1000, 999999), RESULT_LIMIT);
    ck_assert_int_eq(expand_long("%u@x", 8, 10), RESULT_OK);
    ck_assert_int_eq(expand_long("%u@x", 9, 10), RESULT_LIMIT);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("route");
    TCase *tc = tcase_create("route");
    tcase_add_loop_test(tc, templates_are_checked, 0, COUNT_OF(templates));
    tcase_add_test(tc, template_length_is_limited);
    tcase_add_loop_test(tc, expansion_makes_another_mailbox, 0, COUNT_OF(expansions));
    tcase_add_test(tc, result_length_is_limited);
    suite_add_tcase(suite, tc);
    return suite;
}
