#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/engine/message_again.h"

/* Messages that come again. */

static const struct {
    const char *options;
    const char *more; /* fields of the message */
    const char *sender, *recipients;
    const char *verdict; /* at the second pass */
} second[] = {
    { "", "", "<a@b>", "there", "550 5.4.6\n" },
    { "on_loop = defer", "", "<a@b>", "there", "451 4.4.6\n" },
    { "on_loop = hold", "", "<a@b>", "there",
      "hold coexist: loop path=S<P<S\n" GOES("there") LOOP ROUTE("hold", "loop") TRACE },
    { "on_loop = divert", "", "<a@b>", "there",
      ASIDE("there") LOOP ROUTE("loop-mailbox", "loop") TRACE },
    { "", "", "<>", "there",
      "hold coexist: loop path=S<P<S\n" GOES("there") LOOP ROUTE("hold", "loop") TRACE },
    { "on_loop = defer", "", "<>", "there",
      "hold coexist: loop path=S<P<S\n" GOES("there") LOOP ROUTE("hold", "loop") TRACE },
    { "on_loop = divert", "", "<>", "there",
      ASIDE("there") LOOP ROUTE("loop-mailbox", "loop") TRACE },
    { "", "Auto-Submitted: auto-replied\n", "<a@b>", "there",
      "hold coexist: loop path=S<P<S\n" GOES("there") LOOP ROUTE("hold", "loop") TRACE },
    { "", "Auto-Submitted: no\n", "<a@b>", "there", "550 5.4.6\n" },
    { "", "", "<a@b>", "there here", ASIDE("there") LOOP ROUTE("here", "loop,home-here") TRACE },
    { "on_loop = defer", "", "<a@b>", "there here",
      ASIDE("there") LOOP ROUTE("here", "loop,home-here") TRACE },
    { "", "", "<>", "there here", ASIDE("there") LOOP ROUTE("here", "loop,home-here") TRACE },
    { "", "", "<a@b>", "there x@elsewhere.example",
      ASIDE("there") LOOP ROUTE("loop-mailbox", "loop") TRACE },
    { "", "", "<a@b>", "both", "550 5.4.6\n" },
    { "", "", "<a@b>", "alias", "550 5.4.6\n" },
    { "", "", "<a@b>", "here",
      "insert X-Coexist-Loop: verdict=suspect; passes=2; evidence=received; path=S<P<S\n" ROUTE(
          "here", "home-here") TRACE },
};

START_TEST(a_second_pass_is_a_loop)
{
    struct verdict v;
    char options[200];
    snprintf(options, sizeof(options), OPTIONS "%s", second[_i].options);
    open_with(options);
    put_on_top(second[_i].more);
    go_round(second[_i].recipients);
    ck_assert_str_eq(judge(second[_i].sender, second[_i].recipients, &v), second[_i].verdict);
    if (v.reply.code) {
        ck_assert_ptr_nonnull(strstr(v.reply.text, "loop: <"));
        ck_assert_ptr_nonnull(strstr(v.reply.text, "passes=2 evidence=trace,received path=S<P<S"));
    }
    verdict_free(&v);
}
END_TEST

START_TEST(without_a_loop_mailbox_a_part_holds_all)
{
    struct verdict v;
    open_with("loop_mailbox = \"\"");
    go_round("there here");
    ck_assert_str_eq(judge("<a@b>", "there here", &v),
                     "hold coexist: loop path=S<P<S\n" GOES("there")
                         LOOP ROUTE("hold", "loop,home-here") TRACE);
    verdict_free(&v);
}
END_TEST

START_TEST(the_loop_mailbox_itself_is_held)
{
    struct verdict v;
    open_with("loop_mailbox = \"There@Example.com\" on_loop = divert");
    go_round("there");
    ck_assert_str_eq(judge("<a@b>", "there", &v), "hold coexist: loop path=S<P<S\n" GOES("there")
                                                      LOOP ROUTE("hold", "loop") TRACE);
    verdict_free(&v);
}
END_TEST

/* Another recipient, another journey, another state: nothing repeats. */
START_TEST(what_differs_is_no_loop)
{
    static const struct {
        const char *then, *now; /* recipients */
        const char *more;
        const char *flip; /* the new home of there@example.com */
        const char *reason;
    } rows[] = {
        { "here", "there", "", NULL, "home-peer" },
        { "other", "there", "", NULL, "home-peer" },
        { "there", "there", "List-Id: <l.example.com>\n", NULL, "home-peer" },
        { "there", "there", "Resent-From: c@d\nResent-Date: x\n", NULL, "home-peer" },
        { "there", "there", "", "secondary", "home-here" },
    };
    open_with(OPTIONS);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct verdict v;
        free(header);
        setup();
        go_round(rows[i].then);
        put_on_top(rows[i].more);
        if (rows[i].flip)
            engine_fixture_user(&f, "there@example.com", "home", rows[i].flip);
        judge("<a@b>", rows[i].now, &v);
        const char *route = fixture_inserted(&v, "X-Coexist-Route");
        ck_assert_msg(route && strstr(route, rows[i].reason), "row %zu: %s", i, fixture_text(&v));
        const char *loop = fixture_inserted(&v, "X-Coexist-Loop");
        ck_assert_msg(!loop || strstr(loop, "verdict=suspect"), "row %zu: %s", i, loop);
        verdict_free(&v);
    }
}
END_TEST

/* With `old` first in the file, it signs. */
static void swap_keys(void)
{
    struct keyring *k = f.engine->keys;
    struct key first = k->key[0];
    k->key[0] = k->key[1];
    k->key[1] = first;
}

START_TEST(an_old_key_still_verifies)
{
    struct verdict v;
    open_with(OPTIONS);
    swap_keys();
    go_round("there");
    ck_assert_ptr_nonnull(strstr(header, "k=old"));
    swap_keys();
    ck_assert_str_eq(judge("<a@b>", "there", &v), "550 5.4.6\n");
    verdict_free(&v);
}
END_TEST

START_TEST(an_unknown_key_proves_nothing)
{
    struct verdict v;
    open_with(OPTIONS);
    swap_keys();
    go_round("there");
    swap_keys();
    f.engine->keys->keys = 1;
    ck_assert_str_eq(judge("<a@b>", "there", &v),
                     GOES("there") "remove X-Coexist-Trace 1\n"
                                   "insert X-Coexist-Loop: verdict=suspect; passes=2; "
                                   "evidence=received; path=S<P<S\n" ROUTE("peer", "home-peer")
                                       TRACE);
    verdict_free(&v);
}
END_TEST

/* All that only looks like ours goes, from the last to the first; what is ours stays and counts. */
START_TEST(forged_fields_go_and_own_ones_stay)
{
    struct verdict v;
    open_with(OPTIONS);
    pass("external", "<a@b>", "here", &v);
    verdict_free(&v);
    put_on_top("X-Coexist-Trace: v=1; i=1\n\t; p=aaaaaaaa\nx-COEXIST-route: forged\nSubject: x\n");
    struct buf below;
    buf_init(&below, 100000);
    buf_addf(&below, "%sX-Coexist-Foo: 1\nX-COEXIST-TRACE:\nX-Coexist-Route: again\n", header);
    free(header);
    header = buf_take(&below);
    ck_assert_str_eq(
        judge("<a@b>", "here", &v),
        "remove X-Coexist-Route 2\nremove X-COEXIST-TRACE 3\nremove X-Coexist-Foo 1\n"
        "remove x-COEXIST-route 1\nremove X-Coexist-Trace 1\n" ROUTE("here", "home-here") TRACE);
    ck_assert_ptr_nonnull(strstr(header, "i=2; id="));
    ck_assert_ptr_nonnull(
        strstr(buf_text(&f.log), "forged origin=external removed=2 trace=malformed"));
    verdict_free(&v);
}
END_TEST

START_TEST(received_fields_alone_are_a_loop_at_the_third)
{
    struct verdict v;
    open_with(OPTIONS);
    put_on_top(ROUND ROUND);
    ck_assert_str_eq(judge("<a@b>", "there", &v), "550 5.4.6\n");
    ck_assert_ptr_nonnull(strstr(v.reply.text, "passes=3 evidence=received path=S<P<S<P<S"));
    verdict_free(&v);
}
END_TEST

START_TEST(too_many_hops_are_a_loop)
{
    struct verdict v;
    open_with(OPTIONS "max_hops = 20");
    for (unsigned i = 0; i < 20; i++)
        put_on_top("Received: by elsewhere.example\n");
    pass("local", "<a@b>", "here", &v);
    ck_assert_int_eq(v.reply.code, 0);
    verdict_free(&v);
    put_on_top("Received: by elsewhere.example\n");
    pass("local", "<a@b>", "here", &v);
    ck_assert_str_eq(fixture_text(&v), "550 5.4.6\n");
    ck_assert_ptr_nonnull(strstr(v.reply.text, "hops: <here@example.com>"));
    verdict_free(&v);
}
END_TEST

/* Hops of before a message was sent anew are another journey's. */
START_TEST(hops_below_a_resent_block_do_not_count)
{
    struct verdict v;
    open_with(OPTIONS);
    put_on_top(ROUND ROUND);
    put_on_top("Resent-From: c@d\n");
    ck_assert_str_eq(judge("<a@b>", "there", &v), GOES("there") ROUTE("peer", "home-peer") TRACE);
    verdict_free(&v);
}
END_TEST

/* A watched domain is stamped and told of, and nothing else. */
START_TEST(observed_recipients_are_only_told_of)
{
    static const char *const rcpt = "x@watched.example";
    struct verdict v;
    open_with(OPTIONS);
    go_round(rcpt);
    ck_assert_str_eq(judge("<a@b>", rcpt, &v), LOOP ROUTE("peer", "loop; mode=observe") TRACE);
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "action=reject reason=loop mode=observe"));
    verdict_free(&v);

    /* The others of the message are not. */
    pass("external", "<a@b>", "x@watched.example there", &v);
    ck_assert_str_eq(fixture_text(&v),
                     GOES("there") "insert X-Coexist-Loop: verdict=pingpong; passes=3; "
                                   "evidence=trace,received; path=S<P<S\n"
                                   "insert X-Coexist-Route: node=s.example.net; route=peer; "
                                   "reason=loop,home-peer; mode=observe\n" TRACE);
    verdict_free(&v);
}
END_TEST

START_TEST(observed_recipients_are_never_refused)
{
    static const struct {
        const char *user, *field, *value, *reason;
    } rows[] = {
        { "moving@watched.example", "home", "moving", "moving" },
        { "bad@watched.example", "home", "x", "bad-record" },
        { "there@watched.example", "home", "primary", "conflict" },
    };
    open_with(OPTIONS "on_conflict = reject");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct verdict v;
        engine_fixture_user(&f, rows[i].user, rows[i].field, rows[i].value);
        pass("peer", "<a@b>", rows[i].user, &v);
        ck_assert_int_eq(v.reply.code, 0);
        const char *route = fixture_inserted(&v, "X-Coexist-Route");
        ck_assert_msg(strstr(route, rows[i].reason), "%s: %s", rows[i].user, route);
        for (size_t e = 0; e < v.edits; e++)
            ck_assert_int_eq(v.edit[e].kind, EDIT_INSERT_HEADER);
        verdict_free(&v);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("message loop");
    TCase *tc = tcase_create("message loop");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_second_pass_is_a_loop, 0, COUNT_OF(second));
    tcase_add_test(tc, without_a_loop_mailbox_a_part_holds_all);
    tcase_add_test(tc, the_loop_mailbox_itself_is_held);
    tcase_add_test(tc, what_differs_is_no_loop);
    tcase_add_test(tc, an_old_key_still_verifies);
    tcase_add_test(tc, an_unknown_key_proves_nothing);
    tcase_add_test(tc, forged_fields_go_and_own_ones_stay);
    tcase_add_test(tc, received_fields_alone_are_a_loop_at_the_third);
    tcase_add_test(tc, too_many_hops_are_a_loop);
    tcase_add_test(tc, hops_below_a_resent_block_do_not_count);
    tcase_add_test(tc, observed_recipients_are_only_told_of);
    tcase_add_test(tc, observed_recipients_are_never_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
