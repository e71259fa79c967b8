#include "tests/support/unit.h"

#include <string.h>

#include "base/buf.h"
#include "core/taglist.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/* Writes the tags as <name|value> one behind the other. */
static void show(const struct taglist *l, struct buf *out)
{
    for (size_t i = 0; i < l->tags; i++)
        buf_addf(out, "<%.*s|%.*s>", SPAN_ARG(l->tag[i].name), SPAN_ARG(l->tag[i].value));
}

static const struct {
    struct span text;
    const char *want; /* NULL: RESULT_SYNTAX */
} parses[] = {
    { TEXT("v=1"), "<v|1>" },
    { TEXT("v=1;"), "<v|1>" },
    { TEXT("v=1;b=abc="), "<v|1><b|abc=>" },
    { TEXT("a==;b==="), "<a|=><b|==>" },
    { TEXT("a=;b="), "<a|><b|>" },
    { TEXT("a=;"), "<a|>" },
    { TEXT("a=1;A=2"), "<a|1><A|2>" },
    { TEXT("a_1=x;aZ9=y"), "<a_1|x><aZ9|y>" },
    { TEXT("a=!~:,<>@"), "<a|!~:,<>@>" },
    { TEXT(""), NULL },
    { TEXT(";"), NULL },
    { TEXT(";;"), NULL },
    { TEXT("a"), NULL },
    { TEXT("="), NULL },
    { TEXT("=1"), NULL },
    { TEXT("a=1;;"), NULL },
    { TEXT(";a=1"), NULL },
    { TEXT("a=1;;b=2"), NULL },
    { TEXT("a=1;b"), NULL },
    { TEXT("a=1;a=1"), NULL },
    { TEXT("a=1;b=2;a="), NULL },
    { TEXT("1a=1"), NULL },
    { TEXT("_a=1"), NULL },
    { TEXT("a-b=1"), NULL },
    { TEXT("a[=1"), NULL },
    { TEXT("a`=1"), NULL },
    { TEXT("a\xc3=1"), NULL },
    { TEXT("a=\xc3\xb6"), NULL },
    { TEXT("a=1 2"), NULL },
    { TEXT("a=1\0"), NULL },
    { TEXT("a\0=1"), NULL },
    { TEXT("a=\x7f"), NULL },
    { TEXT("a=\x1f"), NULL },
};

START_TEST(parse_takes_well_formed_lists_only)
{
    struct span text = unit_exact(parses[_i].text);
    struct taglist list = { .tags = 99 };
    struct buf shown;

    buf_init(&shown, 1000);
    enum result r = taglist_parse(text, &list);
    if (parses[_i].want) {
        ck_assert_int_eq(r, RESULT_OK);
        show(&list, &shown);
        ck_assert_str_eq(buf_text(&shown), parses[_i].want);
    } else {
        ck_assert_int_eq(r, RESULT_SYNTAX);
        ck_assert_uint_eq(list.tags, 99);
    }
    buf_free(&shown);
    free((void *)text.p);
}
END_TEST

static enum result parse_many(size_t tags)
{
    struct taglist list;
    struct buf text;

    buf_init(&text, 100000);
    for (size_t i = 0; i < tags; i++)
        buf_addf(&text, "a%zu=;", i);
    struct span exact = unit_exact(buf_span(&text));
    enum result r = taglist_parse(exact, &list);
    free((void *)exact.p);
    buf_free(&text);
    return r;
}

START_TEST(the_number_of_tags_has_a_limit)
{
    ck_assert_int_eq(parse_many(TAGLIST_TAGS_MAX), RESULT_OK);
    ck_assert_int_eq(parse_many(TAGLIST_TAGS_MAX + 1), RESULT_LIMIT);
    ck_assert_int_eq(parse_many(10000), RESULT_LIMIT);
}
END_TEST

START_TEST(get_tells_empty_from_absent)
{
    struct taglist list;

    ck_assert_int_eq(taglist_parse(SPAN_LIT("id=x1;p=;i=2"), &list), RESULT_OK);
    unit_assert_span(taglist_get(&list, "id"), "x1", "id");
    unit_assert_span(taglist_get(&list, "i"), "2", "i");
    unit_assert_span(taglist_get(&list, "p"), "", "p");
    unit_assert_span(taglist_get(&list, "I"), NULL, "I");
    unit_assert_span(taglist_get(&list, "h"), NULL, "h");
}
END_TEST

static const struct {
    struct span text;
    struct span want;
} strips[] = {
    { TEXT(""), TEXT("") },
    { TEXT(" \t\r\n"), TEXT("") },
    { TEXT("a=1; b=2"), TEXT("a=1;b=2") },
    { TEXT("\r\n\ta = 1 ;\n b= 2\r"), TEXT("a=1;b=2") },
    { TEXT("a\0\v\f\xa0z"), TEXT("a\0\v\f\xa0z") },
};

START_TEST(strip_takes_blanks_and_nothing_else)
{
    struct span text = unit_exact(strips[_i].text);
    struct span room = unit_exact(strips[_i].text);
    size_t n = taglist_strip(text, (char *)room.p);

    ck_assert(span_eq((struct span){ room.p, n }, strips[_i].want));
    free((void *)text.p);
    free((void *)room.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("taglist");
    TCase *tc = tcase_create("taglist");
    tcase_add_loop_test(tc, parse_takes_well_formed_lists_only, 0, COUNT_OF(parses));
    tcase_add_test(tc, the_number_of_tags_has_a_limit);
    tcase_add_test(tc, get_tells_empty_from_absent);
    tcase_add_loop_test(tc, strip_takes_blanks_and_nothing_else, 0, COUNT_OF(strips));
    suite_add_tcase(suite, tc);
    return suite;
}
