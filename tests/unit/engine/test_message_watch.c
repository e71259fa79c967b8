#include "tests/support/unit.h"

#include <stdio.h>

#include "tests/support/engine_fixture.h"

/* Who explains a decision is told what it was made of. */

#define TOLD_MAX 4096

static struct engine_fixture f;
static struct buf told;

static void setup(void)
{
    engine_fixture_open(&f, "");
    engine_fixture_user(&f, "here@example.com", "home", "secondary");
    engine_fixture_user(&f, "there@example.com", "home", "primary");
    buf_init(&told, TOLD_MAX);
}

static void teardown(void)
{
    buf_free(&told);
    engine_fixture_close(&f);
}

static void take(void *arg, const struct message_decided *d)
{
    struct decision again = decision_make(&d->input);
    ck_assert_ptr_eq(arg, &told);
    ck_assert_int_eq(again.action, d->recipient->decision.action);
    ck_assert_int_eq(again.reason, d->recipient->decision.reason);
    ck_assert_int_eq(again.route, d->recipient->decision.route);
    ck_assert((d->facts == NULL) == (d->path == NULL));
    buf_addf(&told, "%s %s from %s %s", d->facts ? "end" : "rcpt", d->recipient->text,
             origin_name(d->origin), reason_name(d->recipient->decision.reason));
    if (d->facts)
        buf_addf(&told, " %s", d->facts->message_id ? d->facts->message_id : "-");
    buf_addc(&told, '\n');
}

static const struct {
    const char *who;
    const char *rcpts;
    const char *header;
    const char *told;
} cases[] = {
    { "external", "there", "Message-ID: <m@x.example>\n",
      "rcpt <there@example.com> from external home-peer\n"
      "end <there@example.com> from external home-peer <m@x.example>\n" },
    { "peer", "there here", "",
      "rcpt <there@example.com> from peer conflict\n"
      "rcpt <here@example.com> from peer home-here\n"
      "end <here@example.com> from peer home-here -\n" },
    { "external", "there here", FIXTURE_PROOF "\n",
      "rcpt <there@example.com> from external home-peer\n"
      "rcpt <here@example.com> from external home-here\n"
      "end <there@example.com> from peer conflict -\n"
      "end <here@example.com> from peer home-here -\n" },
    { "external", "x@other.example", "",
      "rcpt <x@other.example> from external not-ours\n"
      "end <x@other.example> from external not-ours -\n" },
};

START_TEST(each_decision_is_told_with_its_input)
{
    struct message *m = fixture_message(&f, cases[_i].who, "<a@x.example>");
    struct span rest = span_of(cases[_i].rcpts), word;
    struct verdict v;
    message_watch(m, take, &told);
    while (span_split(&rest, ' ', &word)) {
        char rcpt[64];
        snprintf(rcpt, sizeof(rcpt), "<%.*s%s>", SPAN_ARG(word),
                 span_find(word, '@') < word.n ? "" : "@example.com");
        fixture_rcpt(m, rcpt);
    }
    fixture_header(m, cases[_i].header);
    fixture_end(m, &v);
    ck_assert_str_eq(buf_text(&told), cases[_i].told);
    verdict_free(&v);
    message_free(m);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("message watch");
    TCase *tc = tcase_create("message watch");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, each_decision_is_told_with_its_input, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
