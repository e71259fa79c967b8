#include "tests/support/unit.h"

#include <string.h>

#include "core/comment.h"
#include "core/header.h"

#define HUGE_VALUE 300000
#define HUGE_SECONDS 20 /* far more than linear time needs */

struct text_case {
    struct span value;
    const char *want; /* NULL: absent */
};

struct flag_case {
    struct span value;
    bool want;
};

static const struct text_case unfolds[] = {
    { SPAN_LIT(""), "" },
    { SPAN_LIT(" \r\n\t"), "" },
    { SPAN_LIT("a b"), "a b" },
    { SPAN_LIT(" a\r\n b\r\n\tc\r\n"), "a b\tc" },
    { SPAN_LIT("a\n b\r c"), "a b c" },
    { SPAN_LIT("a\r\nb"), "ab" },
    { SPAN_LIT("a\r\n\r\n  b"), "a  b" },
    { SPAN_LIT("\x80\r\n \xff"), "\x80 \xff" },
};

static const struct text_case skips[] = {
    { SPAN_LIT(""), "" },
    { SPAN_LIT("a"), "a" },
    { SPAN_LIT(" \r\n\ta (b)"), "a (b)" },
    { SPAN_LIT("(a)b"), "b" },
    { SPAN_LIT("(a (b) c) (d)\r\n (e)x"), "x" },
    { SPAN_LIT("(a \\) b)x"), "x" },
    { SPAN_LIT("(a \\\\)x"), "x" },
    { SPAN_LIT("(a \\( b)x"), "x" },
    { SPAN_LIT("(a (b) x"), "" },
    { SPAN_LIT("(a \\"), "" },
    { SPAN_LIT(")x"), ")x" },
    { SPAN_LIT("\\)x"), "\\)x" },
};

static const struct text_case message_ids[] = {
    { SPAN_LIT("<a@b>"), "<a@b>" },
    { SPAN_LIT(" \r\n <a@b>\r\n"), "<a@b>" },
    { SPAN_LIT("<a@b> <c@d>"), "<a@b>" },
    { SPAN_LIT("(note <x@y>) <a@b>"), "<a@b>" },
    { SPAN_LIT("\"text <x@y>\" <a@b>"), "<a@b>" },
    { SPAN_LIT("Your mail of today <a@b>"), "<a@b>" },
    { SPAN_LIT("word<a@b>"), "<a@b>" },
    { SPAN_LIT("<> <a@b>"), "<a@b>" },
    { SPAN_LIT("a@b"), "a@b" },
    { SPAN_LIT(" a@b c@d"), "a@b" },
    { SPAN_LIT("a@b(comment)"), "a@b" },
    { SPAN_LIT("<a@b"), "a@b" },
    { SPAN_LIT("<<a@b>"), "<<a@b>" },
    { SPAN_LIT("a@b <c@d"), "a@b" },
    { SPAN_LIT(""), NULL },
    { SPAN_LIT(" \r\n "), NULL },
    { SPAN_LIT("(comment)"), NULL },
    { SPAN_LIT("(open <a@b>"), NULL },
    { SPAN_LIT("<>"), NULL },
    { SPAN_LIT("<"), NULL },
    { SPAN_LIT("\"quoted\""), NULL },
    { SPAN_LIT("\"open <a@b>"), NULL },
};

static const struct text_case list_ids[] = {
    { SPAN_LIT("<list.example.com>"), "list.example.com" },
    { SPAN_LIT("A List <list.example.com>"), "list.example.com" },
    { SPAN_LIT("\"A <b> List\" <list.example.com>\r\n"), "list.example.com" },
    { SPAN_LIT("A <b> <list.example.com> tail"), "list.example.com" },
    { SPAN_LIT("A List\r\n < list.example.com >"), "list.example.com" },
    { SPAN_LIT(" list.example.com\r\n"), "list.example.com" },
    { SPAN_LIT("<list.example.com"), "<list.example.com" },
    { SPAN_LIT("list.example.com>"), "list.example.com>" },
    { SPAN_LIT(">x<"), ">x<" },
    { SPAN_LIT("<>"), "" },
    { SPAN_LIT(""), "" },
};

static const struct flag_case auto_submitted[] = {
    { SPAN_LIT("auto-replied"), true },
    { SPAN_LIT("auto-generated"), true },
    { SPAN_LIT(" auto-notified; owner-email=\"a@b\""), true },
    { SPAN_LIT("(no) auto-replied"), true },
    { SPAN_LIT("yes"), true },
    { SPAN_LIT("nothing"), true },
    { SPAN_LIT("no"), false },
    { SPAN_LIT("No"), false },
    { SPAN_LIT(" NO \r\n"), false },
    { SPAN_LIT("no(really)"), false },
    { SPAN_LIT("(auto-replied) no"), false },
    { SPAN_LIT("no; auto-replied"), false },
    { SPAN_LIT(""), false },
    { SPAN_LIT(" \r\n"), false },
    { SPAN_LIT("(auto-replied)"), false },
    { SPAN_LIT("; x=y"), false },
};

static const struct flag_case imip[] = {
    { SPAN_LIT("text/calendar; method=REQUEST"), true },
    { SPAN_LIT("Text/Calendar;Method=\"reply\""), true },
    { SPAN_LIT("text/calendar; charset=utf-8; method=CANCEL"), true },
    { SPAN_LIT("text/calendar;\r\n\tcharset=\"utf-8\";\r\n\tmethod=REQUEST"), true },
    { SPAN_LIT("text (a) / (b) calendar (c) ; (d) method (e) = (f) REQUEST"), true },
    { SPAN_LIT("text/calendar; name=\"a;b\\\"c\"; method=REQUEST; x=y"), true },
    { SPAN_LIT("text/calendar;; method=REQUEST"), true },
    { SPAN_LIT("text/calendar; method*=us-ascii''REQUEST"), true },
    { SPAN_LIT("text/calendar; method*1=UEST; Method*0=REQ"), true },
    { SPAN_LIT("text/calendar; method*1=REQUEST"), false },
    { SPAN_LIT("text/calendar; method*=us-ascii''"), false },
    { SPAN_LIT("text/calendar"), false },
    { SPAN_LIT("text/calendar; charset=utf-8"), false },
    { SPAN_LIT("text/calendar; method="), false },
    { SPAN_LIT("text/calendar; method=\"\""), false },
    { SPAN_LIT("text/calendar; method"), false },
    { SPAN_LIT("text/calendar; xmethod=REQUEST"), false },
    { SPAN_LIT("text/calendar; methods=REQUEST"), false },
    { SPAN_LIT("text/calendar method=REQUEST"), false },
    { SPAN_LIT("text/calendar; name=\"x; method=REQUEST\""), false },
    { SPAN_LIT("text/calendar; (method=REQUEST)"), false },
    { SPAN_LIT("text/calendars; method=REQUEST"), false },
    { SPAN_LIT("text/plain; method=REQUEST"), false },
    { SPAN_LIT("application/calendar; method=REQUEST"), false },
    { SPAN_LIT("multipart/mixed; boundary=\"text/calendar; method=REQUEST\""), false },
    { SPAN_LIT("text; method=REQUEST"), false },
    { SPAN_LIT("text/"), false },
    { SPAN_LIT(""), false },
};

static const struct flag_case own[] = {
    { SPAN_LIT("X-Coexist-Trace"), true },   { SPAN_LIT("x-coexist-route"), true },
    { SPAN_LIT("X-COEXIST-LOOP \t"), true }, { SPAN_LIT("X-Coexist-"), true },
    { SPAN_LIT("X-Coexist-Unheard"), true }, { SPAN_LIT("X-Coexist"), false },
    { SPAN_LIT("X-Coexistence"), false },    { SPAN_LIT("Y-Coexist-Trace"), false },
    { SPAN_LIT("XX-Coexist-Trace"), false }, { SPAN_LIT(""), false },
    { SPAN_LIT("X-Coexist Trace"), false },
};

START_TEST(values_are_unfolded)
{
    struct span value = unit_exact(unfolds[_i].value);
    struct buf out;
    buf_init(&out, HUGE_VALUE);
    header_unfold(value, &out);
    ck_assert(buf_ok(&out));
    unit_assert_span(buf_span(&out), unfolds[_i].want, "unfolded");
    buf_free(&out);
    free((void *)value.p);
}
END_TEST

START_TEST(unfolding_adds_to_what_is_there_and_keeps_the_limit)
{
    struct buf out;
    buf_init(&out, 5);
    buf_adds(&out, "x");
    header_unfold(SPAN_LIT("a\r\n b"), &out);
    unit_assert_span(buf_span(&out), "xa b", "added");
    header_unfold(SPAN_LIT("cd"), &out);
    ck_assert(!buf_ok(&out));
    buf_free(&out);
}
END_TEST

START_TEST(blanks_and_comments_are_skipped)
{
    struct span value = unit_exact(skips[_i].value);
    struct span rest = header_skip_cfws(value);
    unit_assert_span(rest, skips[_i].want, "rest");
    ck_assert_ptr_eq(rest.p + rest.n, value.p + value.n);
    free((void *)value.p);
}
END_TEST

START_TEST(a_comment_is_as_long_as_its_parentheses)
{
    ck_assert_uint_eq(comment_length(SPAN_LIT("(a)b")), 3);
    ck_assert_uint_eq(comment_length(SPAN_LIT("()")), 2);
    ck_assert_uint_eq(comment_length(SPAN_LIT("(a(b)(c(d)))e")), 12);
    ck_assert_uint_eq(comment_length(SPAN_LIT("(a\\)b)c")), 6);
    ck_assert_uint_eq(comment_length(SPAN_LIT("(a(b)")), 0);
    ck_assert_uint_eq(comment_length(SPAN_LIT("(a\\)")), 0);
    ck_assert_uint_eq(comment_length(SPAN_LIT("a(b)")), 0);
    ck_assert_uint_eq(comment_length(SPAN_LIT(")(a)")), 0);
    ck_assert_uint_eq(comment_length(SPAN_ABSENT), 0);
}
END_TEST

START_TEST(the_first_message_id_is_found)
{
    struct span value = unit_exact(message_ids[_i].value);
    unit_assert_span(header_message_id(value), message_ids[_i].want, "message-id");
    free((void *)value.p);
}
END_TEST

START_TEST(the_list_id_is_found)
{
    struct span value = unit_exact(list_ids[_i].value);
    unit_assert_span(header_list_id(value), list_ids[_i].want, "list-id");
    free((void *)value.p);
}
END_TEST

static void assert_flag(bool (*is)(struct span), const struct flag_case *c)
{
    struct span value = unit_exact(c->value);
    ck_assert_msg(is(value) == c->want, "'%.*s': want %d", SPAN_ARG(c->value), c->want);
    free((void *)value.p);
}

START_TEST(machines_are_told_from_people)
{
    assert_flag(header_is_auto_submitted, &auto_submitted[_i]);
}
END_TEST

START_TEST(invitations_are_told_from_other_content)
{
    assert_flag(header_is_imip, &imip[_i]);
}
END_TEST

START_TEST(own_names_are_told_from_others)
{
    assert_flag(header_is_own, &own[_i]);
}
END_TEST

START_TEST(absent_values_hold_nothing)
{
    struct buf out;
    buf_init(&out, 10);
    header_unfold(SPAN_ABSENT, &out);
    ck_assert(buf_ok(&out));
    ck_assert_uint_eq(buf_span(&out).n, 0);
    ck_assert_uint_eq(header_skip_cfws(SPAN_ABSENT).n, 0);
    ck_assert(!span_present(header_message_id(SPAN_ABSENT)));
    ck_assert_uint_eq(header_list_id(SPAN_ABSENT).n, 0);
    ck_assert(!header_is_auto_submitted(SPAN_ABSENT));
    ck_assert(!header_is_imip(SPAN_ABSENT));
    ck_assert(!header_is_own(SPAN_ABSENT));
    buf_free(&out);
}
END_TEST

/* Fillers that would make a careless reader look at the rest again for each octet. */
START_TEST(hostile_values_take_linear_time)
{
    static const char *const fillers[] = {
        "<", "(", "\"", ";", "<>", "()", "\\", "< ", ";method="
    };
    char *text = malloc(HUGE_VALUE);
    ck_assert_ptr_nonnull(text);
    for (size_t f = 0; f < sizeof fillers / sizeof *fillers; f++) {
        size_t period = strlen(fillers[f]);
        for (size_t i = 0; i < HUGE_VALUE; i++)
            text[i] = fillers[f][i % period];
        memcpy(text, "text/calendar", strlen("text/calendar"));
        struct span value = { text, HUGE_VALUE };
        struct span id = header_message_id(value);
        ck_assert(span_present(id));
        ck_assert(id.p >= text && id.p + id.n <= text + HUGE_VALUE);
        ck_assert(!header_is_imip(value));
        ck_assert(header_is_auto_submitted(value));
    }
    free(text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("header");
    TCase *tc = tcase_create("header");
    tcase_add_loop_test(tc, values_are_unfolded, 0, COUNT_OF(unfolds));
    tcase_add_test(tc, unfolding_adds_to_what_is_there_and_keeps_the_limit);
    tcase_add_loop_test(tc, blanks_and_comments_are_skipped, 0, COUNT_OF(skips));
    tcase_add_test(tc, a_comment_is_as_long_as_its_parentheses);
    tcase_add_loop_test(tc, the_first_message_id_is_found, 0, COUNT_OF(message_ids));
    tcase_add_loop_test(tc, the_list_id_is_found, 0, COUNT_OF(list_ids));
    tcase_add_loop_test(tc, machines_are_told_from_people, 0, COUNT_OF(auto_submitted));
    tcase_add_loop_test(tc, invitations_are_told_from_other_content, 0, COUNT_OF(imip));
    tcase_add_loop_test(tc, own_names_are_told_from_others, 0, COUNT_OF(own));
    tcase_add_test(tc, absent_values_hold_nothing);
    suite_add_tcase(suite, tc);
    tc = tcase_create("hostile");
    tcase_set_timeout(tc, HUGE_SECONDS);
    tcase_add_test(tc, hostile_values_take_linear_time);
    suite_add_tcase(suite, tc);
    return suite;
}
