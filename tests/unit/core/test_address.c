#include "tests/support/unit.h"

#include <string.h>

#include "core/address.h"

static const struct {
    const char *path;
    enum address_kind kind;
    const char *text;
    const char *local;
    const char *domain;
    const char *key;
    size_t key_local;
} good[] = {
    { "<Bob.Smith+ext@Example.COM>", ADDRESS_MAILBOX, "Bob.Smith+ext@Example.COM", "Bob.Smith+ext",
      "Example.COM", "bob.smith+ext@example.com", 13 },
    { "bob@example.com", ADDRESS_MAILBOX, "bob@example.com", "bob", "example.com",
      "bob@example.com", 3 },
    { "<>", ADDRESS_NULL, "", "", "", "", 0 },
    { "", ADDRESS_NULL, "", "", "", "", 0 },
    { "<Postmaster>", ADDRESS_BARE, "Postmaster", "Postmaster", "", "postmaster", 10 },
    { "root", ADDRESS_BARE, "root", "root", "", "root", 4 },
    { "<\"Bob Smith\"@d>", ADDRESS_MAILBOX, "\"Bob Smith\"@d", "\"Bob Smith\"", "d", "bob smith@d",
      9 },
    { "<\"a@b\"@d>", ADDRESS_MAILBOX, "\"a@b\"@d", "\"a@b\"", "d", "a@b@d", 3 },
    { "<\"a@b\">", ADDRESS_BARE, "\"a@b\"", "\"a@b\"", "", "a@b", 3 },
    { "<\"A\\\"b\\\\c\"@d>", ADDRESS_MAILBOX, "\"A\\\"b\\\\c\"@d", "\"A\\\"b\\\\c\"", "d",
      "a\"b\\c@d", 5 },
    { "<a\\@b@d>", ADDRESS_MAILBOX, "a\\@b@d", "a\\@b", "d", "a@b@d", 3 },
    { "<x\\@y>", ADDRESS_BARE, "x\\@y", "x\\@y", "", "x@y", 3 },
    { "<bob.\"s.\"x@d>", ADDRESS_MAILBOX, "bob.\"s.\"x@d", "bob.\"s.\"x", "d", "bob.s.x@d", 7 },
    { "<\"bob\"@d>", ADDRESS_MAILBOX, "\"bob\"@d", "\"bob\"", "d", "bob@d", 3 },
    { "<\"(<x>;,)\"@d>", ADDRESS_MAILBOX, "\"(<x>;,)\"@d", "\"(<x>;,)\"", "d", "(<x>;,)@d", 7 },
    { "<\" \"@d>", ADDRESS_MAILBOX, "\" \"@d", "\" \"", "d", " @d", 1 },
    { "<@a,@B:User@Host>", ADDRESS_MAILBOX, "@a,@B:User@Host", "User", "Host", "user@host", 4 },
    { "<@[IPv6:::1]:u@h>", ADDRESS_MAILBOX, "@[IPv6:::1]:u@h", "u", "h", "u@h", 1 },
    { "<@a:u:v@h>", ADDRESS_MAILBOX, "@a:u:v@h", "u:v", "h", "u:v@h", 3 },
    { "<@a:root>", ADDRESS_BARE, "@a:root", "root", "", "root", 4 },
    { "<x@[192.0.2.1]>", ADDRESS_MAILBOX, "x@[192.0.2.1]", "x", "[192.0.2.1]", "x@[192.0.2.1]", 1 },
    { "<x@[IPv6:::1]>", ADDRESS_MAILBOX, "x@[IPv6:::1]", "x", "[IPv6:::1]", "x@[ipv6:::1]", 1 },
    { "<J\xc3\x96RG@B\xc3\xbc"
      "cher.DE>",
      ADDRESS_MAILBOX,
      "J\xc3\x96RG@B\xc3\xbc"
      "cher.DE",
      "J\xc3\x96RG",
      "B\xc3\xbc"
      "cher.DE",
      "j\xc3\x96rg@b\xc3\xbc"
      "cher.de",
      5 },
    { "<\xff\xfe@d>", ADDRESS_MAILBOX, "\xff\xfe@d", "\xff\xfe", "d", "\xff\xfe@d", 2 },
    { "<bob@Example.com.>", ADDRESS_MAILBOX, "bob@Example.com.", "bob", "Example.com",
      "bob@example.com", 3 },
    { "<Bob Smith@d>", ADDRESS_MAILBOX, "Bob Smith@d", "Bob Smith", "d", "bob smith@d", 9 },
    { "< bob @ d >", ADDRESS_MAILBOX, " bob @ d ", "bob ", "d", "bob@d", 3 },
    { "<a@b@d>", ADDRESS_MAILBOX, "a@b@d", "a@b", "d", "a@b@d", 3 },
    { "<..a..@d>", ADDRESS_MAILBOX, "..a..@d", "..a..", "d", "..a..@d", 5 },
    { "<a/b=c%d!e'[f]@d>", ADDRESS_MAILBOX, "a/b=c%d!e'[f]@d", "a/b=c%d!e'[f]", "d",
      "a/b=c%d!e'[f]@d", 13 },
};

START_TEST(reads_what_the_mta_reads)
{
    struct span path = unit_exact(span_of(good[_i].path));
    struct address a;
    ck_assert_int_eq(address_parse(path, &a), RESULT_OK);
    free((void *)path.p);
    ck_assert_int_eq(a.kind, good[_i].kind);
    ck_assert_str_eq(a.text, good[_i].text);
    ck_assert_str_eq(a.local, good[_i].local);
    ck_assert_str_eq(a.domain, good[_i].domain);
    ck_assert_str_eq(a.key, good[_i].key);
    ck_assert_uint_eq(a.key_local, good[_i].key_local);
    const char *at = good[_i].kind == ADDRESS_MAILBOX ? strrchr(good[_i].key, '@') + 1 : "";
    unit_assert_span(address_key_domain(&a), at, "domain of the key");
    address_free(&a);
}
END_TEST

static const struct span bad[] = {
    SPAN_LIT("<"),
    SPAN_LIT(">"),
    SPAN_LIT("<a@b"),
    SPAN_LIT("a@b>"),
    SPAN_LIT("<a@b>x"),
    SPAN_LIT("<a@b> "),
    SPAN_LIT("<<a@b>>"),
    SPAN_LIT("Bob <bob@d>"),
    SPAN_LIT("<@d>"),
    SPAN_LIT("<@a,@b>"),
    SPAN_LIT("<@a:>x@d>"),
    SPAN_LIT("<@a:@d>"),
    SPAN_LIT("<@[IPv6:::1>"),
    SPAN_LIT("<a@>"),
    SPAN_LIT("<a@.>"),
    SPAN_LIT("<a@d..>"),
    SPAN_LIT("<\"\"@d>"),
    SPAN_LIT("<\"\">"),
    SPAN_LIT("< @d>"),
    SPAN_LIT("< >"),
    SPAN_LIT("<\"a@d>"),
    SPAN_LIT("<a\"@d>"),
    SPAN_LIT("<\"a\\\"@d>"),
    SPAN_LIT("<a@d\\>"),
    SPAN_LIT("<a\\>"),
    SPAN_LIT("<\\>"),
    SPAN_LIT("<a@\"d\">"),
    SPAN_LIT("<a@d\\e>"),
    SPAN_LIT("<a@d e>"),
    SPAN_LIT("<a(b)@d>"),
    SPAN_LIT("<a@d(b)>"),
    SPAN_LIT("<a,b@d>"),
    SPAN_LIT("<a@d,>"),
    SPAN_LIT("<x:a@d;>"),
    SPAN_LIT("<a\tb@d>"),
    SPAN_LIT("<\"a\tb\"@d>"),
    SPAN_LIT("<a\\\rb@d>"),
    SPAN_LIT("<a@d\n>"),
    SPAN_LIT("<a\x7f@d>"),
    SPAN_LIT("<a\0b@d>"),
    SPAN_LIT("<a@d\0>"),
    SPAN_LIT("<a@d>\0"),
    SPAN_LIT("\0"),
    SPAN_LIT("<@a\x01:b@d>"),
};

static void assert_empty(struct address *a)
{
    ck_assert_int_eq(a->kind, ADDRESS_NULL);
    ck_assert_ptr_null(a->text);
    ck_assert_ptr_null(a->key);
    ck_assert_uint_eq(a->key_local, 0);
    ck_assert(!span_present(address_base(a, '+')));
    unit_assert_span(address_key_domain(a), "", "domain of nothing");
    address_free(a);
}

START_TEST(refuses_what_is_no_path)
{
    struct span path = unit_exact(bad[_i]);
    struct address a;
    enum result r = address_parse(path, &a);
    ck_assert_msg(r == RESULT_SYNTAX, "'%.*s': %s", SPAN_ARG(path), result_text(r));
    free((void *)path.p);
    assert_empty(&a);
}
END_TEST

/* `<`, n octets in all, `>` with brackets. */
static struct span long_path(size_t n, bool brackets)
{
    char *p = malloc(n + 2);
    ck_assert_ptr_nonnull(p);
    memset(p, 'a', n + 2);
    p[5] = '@';
    if (brackets) {
        p[0] = '<';
        p[n + 1] = '>';
    }
    return (struct span){ p, brackets ? n + 2 : n };
}

START_TEST(length_is_limited_without_the_brackets)
{
    for (size_t over = 0; over <= 3; over++)
        for (int brackets = 0; brackets <= 1; brackets++) {
            struct span path = long_path(ADDRESS_MAX + over, brackets == 1);
            struct address a;
            enum result r = address_parse(path, &a);
            ck_assert_int_eq(r, over ? RESULT_LIMIT : RESULT_OK);
            if (r == RESULT_OK)
                ck_assert_uint_eq(strlen(a.text), ADDRESS_MAX);
            address_free(&a);
            free((void *)path.p);
        }
}
END_TEST

static const struct {
    const char *path;
    char delimiter;
    const char *base;
} bases[] = {
    { "<Bob+ext@d>", '+', "bob" },
    { "<bob+a+b@d>", '+', "bob" },
    { "<bob-a+b@d>", '-', "bob" },
    { "<bob+@d>", '+', "bob" },
    { "<+bob@d>", '+', NULL },
    { "<++bob@d>", '+', "+" },
    { "<bob@d+e>", '+', NULL },
    { "<bob@d>", '+', NULL },
    { "<bob+x@d>", '\0', NULL },
    { "<bob+x>", '+', "bob" },
    { "<\"Bob S+x\"@d>", '+', "bob s" },
    { "<>", '+', NULL },
    { "<+@d>", '+', NULL },
};

START_TEST(base_is_what_stands_before_the_extension)
{
    struct address a;
    ck_assert_int_eq(address_parse(span_of(bases[_i].path), &a), RESULT_OK);
    unit_assert_span(address_base(&a, bases[_i].delimiter), bases[_i].base, bases[_i].path);
    address_free(&a);
}
END_TEST

START_TEST(freeing_twice_is_harmless)
{
    struct address a;
    ck_assert_int_eq(address_parse(SPAN_LIT("<a@b>"), &a), RESULT_OK);
    address_free(&a);
    assert_empty(&a);
    address_free(&a);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("address");
    TCase *tc = tcase_create("address");
    tcase_add_loop_test(tc, reads_what_the_mta_reads, 0, COUNT_OF(good));
    tcase_add_loop_test(tc, refuses_what_is_no_path, 0, COUNT_OF(bad));
    tcase_add_test(tc, length_is_limited_without_the_brackets);
    tcase_add_loop_test(tc, base_is_what_stands_before_the_extension, 0, COUNT_OF(bases));
    tcase_add_test(tc, freeing_twice_is_harmless);
    suite_add_tcase(suite, tc);
    return suite;
}
