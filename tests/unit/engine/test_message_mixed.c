#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "state/memory_store.h"
#include "tests/unit/engine/message_again.h"

/* Recipients of one message that have different fates, and messages that pass twice in one visit.
 */

#define OWN_HOP "Received: from s.example.net by s.example.net\n"
#define HERE(reason) ROUTE("here", reason) TRACE

/* One recipient is watched, and so goes on, whatever is said of it: the other cannot be refused
 * with it. */
START_TEST(an_observed_recipient_keeps_the_others_from_refusal)
{
    static const struct {
        const char *recipients, *route;
    } rows[] = {
        { "there x@watched.example", ROUTE("peer", "loop,default; mode=observe") },
        { "there moving@watched.example", ROUTE("here", "loop,moving; mode=observe") },
    };
    open_with(OPTIONS);
    engine_fixture_user(&f, "moving@watched.example", "home", "moving");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct verdict v;
        char want[1000];
        free(header);
        setup();
        go_round("there");
        snprintf(want, sizeof(want), ASIDE("there") LOOP "%s" TRACE, rows[i].route);
        ck_assert_str_eq(judge("<a@b>", rows[i].recipients, &v), want);
        verdict_free(&v);
    }
}
END_TEST

static void set_domain(const char *domain, const char *field, const char *value)
{
    ck_assert(memory_store_set(f.engine->store, RECORD_DOMAIN, domain, field, value));
}

/* The record of a domain says how it is treated, whatever the configuration says. */
START_TEST(the_mode_of_a_domain_is_state)
{
    struct verdict v;
    open_with(OPTIONS);
    set_domain("watched.example", "mode", "enforce");
    set_domain("example.com", "mode", "observe");
    pass("external", "<a@b>", "there x@watched.example", &v);
    ck_assert_str_eq(fixture_text(&v),
                     "add <x@watched.example.peer.invalid> ORCPT=rfc822;x@watched.example\n"
                     "delete <x@watched.example>\n"
                     "insert X-Coexist-Route: node=s.example.net; route=peer; "
                     "reason=home-peer,default; mode=observe\n" TRACE);
    verdict_free(&v);
}
END_TEST

/* What was only watched has not been sent: when the domain is enforced, it goes for the first time.
 */
START_TEST(what_was_observed_has_not_been_sent)
{
    static const char *const rcpt = "x@watched.example";
    struct verdict v;
    open_with(OPTIONS);
    go_round(rcpt);
    set_domain("watched.example", "mode", "enforce");
    judge("<a@b>", rcpt, &v);
    ck_assert_int_eq(v.reply.code, 0);
    ck_assert_int_eq(v.edit[0].kind, EDIT_ADD_RECIPIENT);
    verdict_free(&v);
}
END_TEST

START_TEST(two_names_of_a_mailbox_are_one)
{
    static const char *const names[][2] = { { "there", "alias" }, { "alias", "there" } };
    open_with(OPTIONS);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct verdict v;
        free(header);
        setup();
        go_round(names[i][0]);
        ck_assert_str_eq(judge("<a@b>", names[i][1], &v), "550 5.4.6\n");
        verdict_free(&v);
    }
}
END_TEST

/* A submission whose recipients would be answered in several ways. */
static const struct {
    const char *options, *sender, *recipients, *verdict;
} answers[] = {
    { "", "", "there", "hold coexist: hops path=S<external\n" },
    { "", "a@b", "there", "550 5.4.6\n" },
    { "", "", "moving there", "451 4.2.1\n" },
    { "", "", "there moving", "451 4.2.1\n" },
    { "", "a@b", "there moving", "451 4.2.1\n" },
    { "node = primary", "", "nobody there", "hold coexist: hops path=P<external\n" },
    { "node = primary", "a@b", "nobody there", "550 5.1.1\n" },
    { "node = primary", "a@b", "nobody moving", "451 4.2.1\n" },
};

START_TEST(the_mildest_answer_is_that_of_all)
{
    struct verdict v;
    char options[200];
    snprintf(options, sizeof(options), OPTIONS "max_hops = 10 %s", answers[_i].options);
    open_with(options);
    engine_fixture_user(&f, "moving@example.com", "home", "moving");
    for (unsigned i = 0; i < 11; i++)
        put_on_top("Received: by elsewhere.example\n");
    pass("sendmail", answers[_i].sender, answers[_i].recipients, &v);
    const char *text = fixture_text(&v);
    ck_assert_msg(strncmp(text, answers[_i].verdict, strlen(answers[_i].verdict)) == 0, "%s", text);
    verdict_free(&v);
}
END_TEST

START_TEST(hops_that_are_not_kept_are_counted)
{
    struct verdict v;
    open_with(OPTIONS "max_hops = 200");
    for (unsigned i = 0; i < 200; i++)
        put_on_top("Received: by elsewhere.example\n");
    ck_assert_ptr_nonnull(strstr(judge("<a@b>", "here", &v), "home-here"));
    verdict_free(&v);
    put_on_top("Received: by elsewhere.example\n");
    ck_assert_str_eq(judge("<a@b>", "here", &v), "550 5.4.6\n");
    verdict_free(&v);
}
END_TEST

/* A content filter hands back what it was given in the same visit. */
static const struct {
    const char *who, *recipient;
    const char *flip; /* the recipient's new home meanwhile */
    const char *verdict;
} visits[] = {
    { "peer", "nobody", NULL, HERE("authority") },
    { "peer", "nobody", "secondary", HERE("home-here") },
    { "peer", "nobody", "primary", GOES("nobody") ROUTE("peer", "home-peer") TRACE },
    { "peer", "both", NULL, HERE("split-horizon") },
    { "external", "both", NULL, HERE("split-horizon") },
    { "external", "here", NULL, HERE("home-here") },
    { "external", "here", "primary", GOES("here") ROUTE("peer", "home-peer") TRACE },
};

START_TEST(what_a_filter_hands_back_is_not_sent_back)
{
    struct verdict v;
    char user[100];
    open_with(OPTIONS);
    snprintf(user, sizeof(user), "%s@example.com", visits[_i].recipient);
    pass(visits[_i].who, "<a@b>", user, &v);
    ck_assert_int_eq(v.reply.code, 0);
    verdict_free(&v);
    put_on_top(OWN_HOP);
    if (visits[_i].flip)
        engine_fixture_user(&f, user, "home", visits[_i].flip);
    pass("local", "<a@b>", user, &v);
    ck_assert_str_eq(fixture_text(&v), visits[_i].verdict);
    verdict_free(&v);
}
END_TEST

/* A conflict that is delivered is no sign of a flip: it came this far with that very record. */
START_TEST(a_delivered_conflict_handed_back_is_not_sent_back)
{
    struct verdict v;
    open_with(OPTIONS "on_conflict = deliver");
    pass("peer", "<a@b>", "there@example.com", &v);
    ck_assert_int_eq(v.reply.code, 0);
    verdict_free(&v);
    put_on_top(OWN_HOP);
    pass("local", "<a@b>", "there@example.com", &v);
    ck_assert_ptr_nonnull(strstr(fixture_text(&v), "route=here; reason=conflict"));
    ck_assert_ptr_null(strstr(fixture_text(&v), "primary.invalid"));
    verdict_free(&v);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("message mixed");
    TCase *tc = tcase_create("message mixed");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_observed_recipient_keeps_the_others_from_refusal);
    tcase_add_test(tc, the_mode_of_a_domain_is_state);
    tcase_add_test(tc, what_was_observed_has_not_been_sent);
    tcase_add_test(tc, two_names_of_a_mailbox_are_one);
    tcase_add_loop_test(tc, the_mildest_answer_is_that_of_all, 0, COUNT_OF(answers));
    tcase_add_test(tc, hops_that_are_not_kept_are_counted);
    tcase_add_loop_test(tc, what_a_filter_hands_back_is_not_sent_back, 0, COUNT_OF(visits));
    tcase_add_test(tc, a_delivered_conflict_handed_back_is_not_sent_back);
    suite_add_tcase(suite, tc);
    return suite;
}
