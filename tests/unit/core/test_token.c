#include "tests/support/unit.h"

#include <string.h>

#include "core/token.h"
#include "tests/unit/core/trace_sample.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define ID "8f3k2j1x9qm"

/* Made by another implementation of HMAC: one token by each key of the sample ring. */
static const struct {
    const char *id;
    char kind;
    const char *text;
    const char *want[2];
} makes[] = {
    { ID, TOKEN_RECIPIENT, "foo@example.com", { "OTCIfqGc", "h7CLIALR" } },
    { ID, TOKEN_RECIPIENT, "bar@example.com", { "oehdUFNH", "txKegQPs" } },
    { ID, TOKEN_JOURNEY, "foo@example.com", { "teeJoPpb", "ACXRrQBu" } },
    { "8f3k2j1x9qn", TOKEN_RECIPIENT, "foo@example.com", { "dEgwqsy2", "dPA9hCI_" } },
    { "", TOKEN_RECIPIENT, "", { "p3x9tbO3", "z6vA2CXF" } },
    { ID, TOKEN_RECIPIENT, "f\xc3\xb6\xc3\xb6@example.com", { "rPCHDVNN", "ydXZvut1" } },
};

START_TEST(make_gives_the_agreed_text)
{
    struct keyring ring;
    sample_ring(&ring);
    for (size_t k = 0; k < 2; k++) {
        struct span id = unit_exact(span_of(makes[_i].id));
        struct span text = unit_exact(span_of(makes[_i].text));
        struct token token = token_make(&ring.key[k], id, makes[_i].kind, text);
        ck_assert_str_eq(token.text, makes[_i].want[k]);
        ck_assert(token_is(span_of(token.text)));
        free((void *)id.p);
        free((void *)text.p);
    }
}
END_TEST

START_TEST(make_has_no_limit_on_the_text)
{
    struct keyring ring;
    char text[3000];

    sample_ring(&ring);
    memset(text, 'x', sizeof(text));
    struct token token =
        token_make(&ring.key[0], SPAN_LIT(ID), TOKEN_JOURNEY, (struct span){ text, sizeof(text) });
    ck_assert_str_eq(token.text, "5hoQ11By");
}
END_TEST

START_TEST(eq_wants_every_octet)
{
    struct token a = { "OTCIfqGc" };
    struct token none = { "" };

    ck_assert(token_eq(&a, SPAN_LIT("OTCIfqGc")));
    ck_assert(!token_eq(&a, SPAN_LIT("OTCIfqGd")));
    ck_assert(!token_eq(&a, SPAN_LIT("oTCIfqGc")));
    ck_assert(!token_eq(&a, SPAN_LIT("OTCIfqG")));
    ck_assert(!token_eq(&a, SPAN_LIT("OTCIfqGcc")));
    ck_assert(!token_eq(&a, SPAN_ABSENT));
    ck_assert(!token_eq(&none, SPAN_ABSENT));
    ck_assert(!token_eq(&none, SPAN_LIT("\0\0\0\0\0\0\0\0")));
}
END_TEST

static const struct {
    struct span text;
    bool want;
} forms[] = {
    { TEXT("abcdefgh"), true },  { TEXT("AZaz09-_"), true },   { TEXT(""), false },
    { TEXT("abcdefg"), false },  { TEXT("abcdefghi"), false }, { TEXT("abcdefg="), false },
    { TEXT("abc+efgh"), false }, { TEXT("abc/efgh"), false },  { TEXT("abc efgh"), false },
    { TEXT("abcd,fgh"), false }, { TEXT("abcdefg\0"), false }, { TEXT("abcdefg\xc3"), false },
    { TEXT("abc@efgh"), false }, { TEXT("abc[efgh"), false },  { TEXT("abc`efgh"), false },
    { TEXT("abc{efgh"), false }, { TEXT("abc:efgh"), false },
};

START_TEST(form_is_eight_of_base64url)
{
    struct span text = unit_exact(forms[_i].text);
    ck_assert_int_eq(token_is(text), forms[_i].want);
    free((void *)text.p);
}
END_TEST

static const struct {
    const char *list;
    size_t most;
    bool want;
} lists[] = {
    { "", 0, true },
    { "abcdefgh", 1, true },
    { "abcdefgh", 0, false },
    { "abcdefgh,ABCDEFGH", 2, true },
    { "abcdefgh,ABCDEFGH", 1, false },
    { "abcdefgh,ABCDEFGH,01234567", 3, true },
    { "abcdefgh,ABCDEFGH,01234567", 2, false },
    { "abcdefgh,", 9, false },
    { ",abcdefgh", 9, false },
    { ",", 9, false },
    { "abcdefgh,,ABCDEFG", 9, false },
    { "abcdefg,,ABCDEFGH", 9, false },
    { "abcdefgh;ABCDEFGH", 9, false },
    { "abcdefghiABCDEFGH", 9, false },
    { "abcdefg", 9, false },
    { "abcdefghi", 9, false },
    { "abcdefgh, ABCDEFGH", 9, false },
    { "abcdefgh,ABCDE.GH", 9, false },
};

START_TEST(list_form)
{
    struct span list = unit_exact(span_of(lists[_i].list));
    ck_assert_msg(token_list_is(list, lists[_i].most) == lists[_i].want, "%s", lists[_i].list);
    free((void *)list.p);
}
END_TEST

static bool has(const char *list, const char *text)
{
    struct span exact = unit_exact(span_of(list));
    struct token token = { "" };

    memcpy(token.text, text, strlen(text));
    bool found = token_list_has(exact, &token);
    free((void *)exact.p);
    return found;
}

START_TEST(list_has_whole_tokens_only)
{
    const char *three = "abcdefgh,ABCDEFGH,01234567";

    ck_assert(has(three, "abcdefgh"));
    ck_assert(has(three, "ABCDEFGH"));
    ck_assert(has(three, "01234567"));
    ck_assert(!has(three, "01234568"));
    ck_assert(!has(three, "bcdefgh,"));
    ck_assert(!has(three, ",ABCDEFG"));
    ck_assert(!has("", "abcdefgh"));
    ck_assert(!has("abcdefg", "abcdefgh"));
    ck_assert(!has(three, ""));
}
END_TEST

START_TEST(an_empty_token_is_in_no_list)
{
    struct token none = { "" };
    struct span zeros = unit_exact(SPAN_LIT("\0\0\0\0\0\0\0\0"));

    ck_assert(!token_list_has(zeros, &none));
    ck_assert(!token_list_has(SPAN_ABSENT, &none));
    free((void *)zeros.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("token");
    TCase *tc = tcase_create("token");
    tcase_add_loop_test(tc, make_gives_the_agreed_text, 0, COUNT_OF(makes));
    tcase_add_test(tc, make_has_no_limit_on_the_text);
    tcase_add_test(tc, eq_wants_every_octet);
    tcase_add_loop_test(tc, form_is_eight_of_base64url, 0, COUNT_OF(forms));
    tcase_add_loop_test(tc, list_form, 0, COUNT_OF(lists));
    tcase_add_test(tc, list_has_whole_tokens_only);
    tcase_add_test(tc, an_empty_token_is_in_no_list);
    suite_add_tcase(suite, tc);
    return suite;
}
