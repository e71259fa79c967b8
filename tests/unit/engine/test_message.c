#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/engine_fixture.h"

/* What is answered to whom, and when. */

static struct engine_fixture f;

static void teardown(void)
{
    engine_fixture_close(&f);
}

static void open_with(const char *options)
{
    engine_fixture_open(&f, options);
    engine_fixture_user(&f, "here@example.com", "home", "secondary");
    engine_fixture_user(&f, "there@example.com", "home", "primary");
    engine_fixture_user(&f, "both@example.com", "home", "both");
    engine_fixture_user(&f, "moving@example.com", "home", "moving");
    engine_fixture_user(&f, "bad@example.com", "home", "secodnary");
    engine_fixture_user(&f, "badroute@example.com", "home", "primary");
    engine_fixture_user(&f, "badroute@example.com", "route", "badroute@example.com");
    engine_fixture_user(&f, "other@example.com", "home", "primary");
    engine_fixture_user(&f, "other@example.com", "route", "other@elsewhere.invalid");
    engine_fixture_user(&f, "alias@example.com", "alias", "there@example.com");
}

#define OPTIONS "loop_mailbox = \"loops@s.example.net\"\n"

#define HERE "insert X-Coexist-Route: node=s.example.net; route=here; reason="
#define PEER "insert X-Coexist-Route: node=s.example.net; route=peer; reason="
#define TRACE "\ninsert X-Coexist-Trace\n"
#define GOES(user)                                                                                 \
    "add <" user "@example.com.peer.invalid> ORCPT=rfc822;" user "@example.com\n"                  \
    "delete <" user "@example.com>\n"
#define CONFLICT "insert X-Coexist-Loop: verdict=conflict; passes=1; evidence=conflict; path=S\n"

#define KEPT "domain \"kept.example\" { home = secondary }"

/* One recipient and one message without any header. */
static const struct {
    const char *options;
    const char *who, *rcpt;
    const char *at_rcpt; /* the reply there; "" where there is none */
    const char *at_end;  /* where the message got that far */
} mails[] = {
    { "", "external", "here", "", HERE "home-here" TRACE },
    { "", "local", "here", "", HERE "home-here" TRACE },
    { "", "peer", "here", "", HERE "home-here" TRACE },
    { "", "external", "there", "", GOES("there") PEER "home-peer" TRACE },
    { "", "local", "there", "", GOES("there") PEER "home-peer" TRACE },
    { "", "external", "nobody", "", GOES("nobody") PEER "default" TRACE },
    { KEPT, "external", "x@kept.example", "", HERE "default" TRACE },
    { KEPT, "peer", "x@kept.example", "", HERE "authority" TRACE },
    { "", "peer", "nobody", "", HERE "authority" TRACE },
    { "", "peer", "both", "", HERE "split-horizon" TRACE },
    { "", "external", "both", "",
      "add <both@example.com.peer.invalid> ORCPT=rfc822;both@example.com\n"
      "insert X-Coexist-Route: node=s.example.net; route=mixed; reason=dual" TRACE },
    { "", "external", "other", "",
      "add <other@elsewhere.invalid> ORCPT=rfc822;other@example.com\n"
      "delete <other@example.com>\n" PEER "home-peer" TRACE },
    { "", "external", "Alias+Box", "",
      "add <there+Box@example.com.peer.invalid> ORCPT=rfc822;Alias+2BBox@example.com\n"
      "delete <Alias+Box@example.com>\n" PEER "home-peer" TRACE },
    { "", "external", "alias", "",
      "add <there@example.com.peer.invalid> ORCPT=rfc822;alias@example.com\n"
      "delete <alias@example.com>\n" PEER "home-peer" TRACE },
    { "", "external", "there+x", "",
      "add <there+x@example.com.peer.invalid> ORCPT=rfc822;"
      "there+2Bx@example.com\n"
      "delete <there+x@example.com>\n" PEER "home-peer" TRACE },
    { "", "external", "moving", "451 4.2.1", NULL },
    { "", "peer", "moving", "451 4.2.1", NULL },
    { "", "external", "bad", "451 4.3.5", NULL },
    { "", "peer", "bad", "451 4.3.5", NULL },
    { "", "external", "badroute", "451 4.3.5", NULL },
    { "", "peer", "there", "451 4.4.6", NULL },
    { "on_conflict = reject", "peer", "there", "550 5.4.6", NULL },
    { "on_conflict = deliver", "peer", "there", "", CONFLICT HERE "conflict" TRACE },
    { "on_conflict = deliver", "peer", "here", "", HERE "home-here" TRACE },

    { "", "sendmail", "moving", "", "451 4.2.1\n" },
    { "", "sendmail", "bad", "", "451 4.3.5\n" },
    { "", "sendmail", "here", "", HERE "home-here" TRACE },
    { "", "sendmail", "there", "", GOES("there") PEER "home-peer" TRACE },

    /* There, the networks are each other's. */
    { "node = primary", "external", "nobody", "550 5.1.1", NULL },
    { "node = primary", "local", "nobody", "550 5.1.1", NULL },
    { "node = primary", "sendmail", "nobody", "", "550 5.1.1\n" },
    { "node = primary", "external", "there", "", HERE "home-here" TRACE },
    { "node = primary", "external", "here", "", GOES("here") PEER "home-peer" TRACE },
};

START_TEST(each_kind_of_recipient_has_its_answer)
{
    char rcpt[100], options[200];
    struct reply reply;
    struct verdict v;
    snprintf(rcpt, sizeof(rcpt), strchr(mails[_i].rcpt, '@') ? "<%s>" : "<%s@example.com>",
             mails[_i].rcpt);
    snprintf(options, sizeof(options), OPTIONS "%s", mails[_i].options);
    open_with(options);
    struct message *m = fixture_message(&f, mails[_i].who, "<a@b>");
    message_recipient(m, span_of(rcpt), SPAN_LIT(""), "QUEUEID", &reply);
    char got[32] = "";
    if (reply.code)
        snprintf(got, sizeof(got), "%d %s", reply.code, reply.status);
    ck_assert_str_eq(got, mails[_i].at_rcpt);
    fixture_end(m, &v);
    ck_assert(!v.failed);
    ck_assert_str_eq(fixture_text(&v), mails[_i].at_end ? mails[_i].at_end : "");
    verdict_free(&v);
    message_free(m);
}
END_TEST

START_TEST(a_reply_says_who_and_why)
{
    open_with(OPTIONS);
    struct reply reply;
    struct message *m = fixture_message(&f, "peer", "<a@b>");
    message_recipient(m, SPAN_LIT("<There@Example.com>"), SPAN_LIT(""), "QUEUEID", &reply);
    ck_assert_ptr_nonnull(strstr(reply.text, "conflict: <there@example.com>: "));
    ck_assert_ptr_nonnull(strstr(reply.text, "(coexist s.example.net)"));
    message_recipient(m, SPAN_LIT("<here@example.com>"), SPAN_LIT(""), "QUEUEID", &reply);
    ck_assert_int_eq(reply.code, 0);
    message_free(m);
    const char *log = buf_text(&f.log);
    ck_assert_ptr_nonnull(strstr(log, "warning QUEUEID: decide rcpt=there@example.com origin=peer "
                                      "home=primary action=defer reason=conflict"));
    ck_assert_ptr_null(strstr(log, "here@example.com origin=peer home=secondary"));
}
END_TEST

/* To deliver what is in conflict is a decision too, and worth a look. */
START_TEST(a_conflict_is_a_warning_even_where_it_is_delivered)
{
    struct verdict v;
    open_with(OPTIONS "on_conflict = deliver");
    struct message *m = fixture_message(&f, "peer", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, "<there@example.com>"), 0);
    ck_assert_int_eq(fixture_rcpt(m, "<here@example.com>"), 0);
    fixture_end(m, &v);
    verdict_free(&v);
    message_free(m);
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "warning QUEUEID: decide rcpt=there@"));
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "info QUEUEID: decide rcpt=here@"));
}
END_TEST

START_TEST(a_bad_record_is_named_in_the_log)
{
    open_with(OPTIONS);
    struct message *m = fixture_message(&f, "external", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, "<bad@example.com>"), 451);
    message_free(m);
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "key=coexist:user:bad@example.com"));
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "secodnary"));
}
END_TEST

START_TEST(without_state_all_of_ours_is_deferred)
{
    static const char *const people[] = { "external", "peer", "local", "sendmail" };
    open_with(OPTIONS);
    engine_fixture_lose_state(&f);
    for (size_t i = 0; i < COUNT_OF(people); i++) {
        struct reply reply;
        struct verdict v;
        bool smtp = strcmp(people[i], "sendmail") != 0;
        struct message *m = fixture_message(&f, people[i], "<a@b>");
        message_recipient(m, SPAN_LIT("<here@example.com>"), SPAN_LIT(""), NULL, &reply);
        ck_assert_int_eq(reply.code, smtp ? 451 : 0);
        ck_assert_str_eq(reply.status, smtp ? "4.4.3" : "");
        ck_assert_int_eq(fixture_rcpt(m, "<x@elsewhere.example>"), 0);
        fixture_end(m, &v);
        ck_assert_str_eq(fixture_text(&v), smtp ? "" : "451 4.4.3\n");
        verdict_free(&v);
        message_free(m);
    }
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "NOQUEUE: decide rcpt=here@example.com"));
}
END_TEST

/* As while Redis is away: all is remembered, who lives there and who is nobody. */
static void fetch_remembered(struct store *s, struct store_query *query, size_t n)
{
    (void)s;
    for (size_t i = 0; i < n; i++) {
        bool there = span_istarts(query[i].name, SPAN_LIT("there@"));
        query[i].answer = there ? STORE_FOUND : STORE_ABSENT;
        query[i].record.home = there ? HOME_PRIMARY : HOME_UNSET;
        query[i].stale = true;
    }
}

/* The mailbox may have been made, or moved, since. */
START_TEST(what_is_only_remembered_rejects_nobody)
{
    static const struct {
        const char *options, *who, *rcpt, *status;
    } rows[] = {
        { "node = primary", "external", "<nobody@example.com>", "4.4.3" },
        { "node = primary", "peer", "<nobody@example.com>", "4.4.3" },
        { "on_conflict = reject", "peer", "<there@example.com>", "4.4.6" },
    };
    static const struct store_ops ops = { .fetch = fetch_remembered };
    struct store remembered = { &ops };
    struct reply reply;
    open_with(rows[_i].options);
    f.engine->store = &remembered;
    struct message *m = fixture_message(&f, rows[_i].who, "<a@b>");
    message_recipient(m, span_of(rows[_i].rcpt), SPAN_LIT(""), "QUEUEID", &reply);
    ck_assert_int_eq(reply.code, 451);
    ck_assert_str_eq(reply.status, rows[_i].status);
    message_free(m);
}
END_TEST

/* A flip between RCPT and the end rules the next RCPT, not this one. */
START_TEST(state_is_asked_at_each_rcpt)
{
    struct verdict v;
    open_with(OPTIONS);
    struct message *m = fixture_message(&f, "external", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, "<here@example.com>"), 0);
    engine_fixture_user(&f, "here@example.com", "home", "primary");
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v), HERE "home-here" TRACE);
    verdict_free(&v);
    message_free(m);
    m = fixture_message(&f, "external", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, "<here@example.com>"), 0);
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v), GOES("here") PEER "home-peer" TRACE);
    verdict_free(&v);
    message_free(m);
}
END_TEST

START_TEST(the_same_recipient_twice_is_diverted_once)
{
    struct verdict v;
    open_with(OPTIONS);
    struct message *m = fixture_message(&f, "external", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, "<there@example.com>"), 0);
    ck_assert_int_eq(fixture_rcpt(m, "<There@Example.com>"), 0);
    ck_assert_int_eq(fixture_rcpt(m, "<there@example.com>"), 0);
    ck_assert_int_eq(fixture_rcpt(m, "<alias@example.com>"), 0);
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v),
                     "add <there@example.com.peer.invalid> ORCPT=rfc822;there@example.com\n"
                     "delete <there@example.com>\ndelete <There@Example.com>\n"
                     "delete <there@example.com>\ndelete <alias@example.com>\n" PEER
                     "home-peer" TRACE);
    verdict_free(&v);
    message_free(m);
}
END_TEST

/* The client's parameters go on; a refused recipient is no part of the message. */
START_TEST(refused_and_diverted_recipients_are_kept_apart)
{
    struct verdict v;
    struct reply reply;
    open_with(OPTIONS);
    struct message *m = fixture_message(&f, "external", "<a@b>");
    message_recipient(m, SPAN_LIT("<there@example.com>"), SPAN_LIT("NOTIFY=NEVER ORCPT=rfc822;x@y"),
                      "Q", &reply);
    ck_assert_int_eq(reply.code, 0);
    ck_assert_int_eq(fixture_rcpt(m, "<moving@example.com>"), 451);
    ck_assert_int_eq(fixture_rcpt(m, "<here@example.com>"), 0);
    ck_assert_int_eq(fixture_rcpt(m, "<x@elsewhere.example>"), 0);
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v),
                     "add <there@example.com.peer.invalid> NOTIFY=NEVER ORCPT=rfc822;x@y\n"
                     "delete <there@example.com>\n"
                     "insert X-Coexist-Route: node=s.example.net; route=mixed; "
                     "reason=home-peer,home-here" TRACE);
    verdict_free(&v);
    message_free(m);
}
END_TEST

/* By sendmail nobody is refused alone: the worst answer is that of all. */
START_TEST(a_submission_is_answered_as_a_whole)
{
    struct verdict v;
    open_with(OPTIONS);
    struct message *m = fixture_message(&f, "sendmail", "a@b");
    ck_assert_int_eq(fixture_rcpt(m, "here@example.com"), 0);
    ck_assert_int_eq(fixture_rcpt(m, "moving@example.com"), 0);
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v), "451 4.2.1\n");
    verdict_free(&v);
    message_free(m);
}
END_TEST

START_TEST(a_peer_known_by_its_header_is_one_at_the_end)
{
    struct verdict v;
    open_with(OPTIONS);
    struct message *m = fixture_message(&f, "external", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, "<there@example.com>"), 0);
    fixture_header(m, "Subject: x\n" FIXTURE_PROOF "\n");
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v), "451 4.4.6\n");
    ck_assert_ptr_nonnull(strstr(v.reply.text, "conflict: "));
    verdict_free(&v);
    message_free(m);

    /* Among others it goes to the loop mailbox, and the proof from all. */
    m = fixture_message(&f, "external", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, "<there@example.com>"), 0);
    ck_assert_int_eq(fixture_rcpt(m, "<here@example.com>"), 0);
    fixture_header(m, FIXTURE_PROOF "\n");
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v),
                     "add <loops@s.example.net> ORCPT=rfc822;there@example.com\n"
                     "delete <there@example.com>\n"
                     "remove X-Peer-Proof 1\n" CONFLICT HERE "conflict,home-here" TRACE);
    verdict_free(&v);
    message_free(m);
}
END_TEST

/* An own host may hand on what the peer has sent it; who has logged in is nobody's host. */
START_TEST(a_proof_counts_from_any_host_and_from_no_user)
{
    static const struct {
        const char *who;
        bool peer;
    } rows[] = { { "local", true }, { "authenticated", false }, { "sendmail", false } };
    open_with(OPTIONS);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct verdict v;
        struct message *m = fixture_message(&f, rows[i].who, "<a@b>");
        ck_assert_int_eq(fixture_rcpt(m, "<there@example.com>"), 0);
        fixture_header(m, FIXTURE_PROOF "\n");
        fixture_end(m, &v);
        ck_assert_msg((v.reply.code == 451) == rows[i].peer, "%s: %s", rows[i].who,
                      fixture_text(&v));
        verdict_free(&v);
        message_free(m);
    }
}
END_TEST

START_TEST(an_invitation_goes_to_one_system)
{
    struct verdict v;
    open_with(OPTIONS);
    for (int secondary = 0; secondary < 2; secondary++) {
        if (secondary)
            engine_fixture_user(&f, "both@example.com", "calendar", "secondary");
        struct message *m = fixture_message(&f, "external", "<a@b>");
        ck_assert_int_eq(fixture_rcpt(m, "<both@example.com>"), 0);
        fixture_header(m, "Content-Type: text/calendar; charset=utf-8;\n\tmethod=REQUEST\n");
        fixture_end(m, &v);
        ck_assert_str_eq(fixture_text(&v),
                         secondary ? HERE "calendar" TRACE : GOES("both") PEER "calendar" TRACE);
        verdict_free(&v);
        message_free(m);
    }
}
END_TEST

START_TEST(who_is_not_ours_is_left_alone)
{
    static const char *const people[] = { "<x@elsewhere.example>", "<postmaster>",
                                          "<x%example.com@elsewhere.example>",
                                          "<x@sub.example.com>" };
    struct verdict v;
    open_with(OPTIONS);
    struct message *m = fixture_message(&f, "external", "<a@b>");
    for (size_t i = 0; i < COUNT_OF(people); i++)
        ck_assert_int_eq(fixture_rcpt(m, people[i]), 0);
    fixture_header(m, "X-Coexist-Route: forged\nSubject: x\nx-coexist-trace: v=1\n");
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v), "remove x-coexist-trace 1\nremove X-Coexist-Route 1\n");
    verdict_free(&v);
    message_free(m);
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "warning QUEUEID: forged"));
    ck_assert_ptr_null(strstr(buf_text(&f.log), "decide"));
}
END_TEST

/* What the MTA may read as another address than we do is answered, not guessed at. */
START_TEST(an_address_that_cannot_be_read_is_refused)
{
    static const char *const odd[] = {
        "nonsense@", "<(c)there@example.com>", "<there%example.com>",
        "<a@b",      "<example.com!there>",    "<there%example.com@s.example.net>",
    };
    open_with(OPTIONS);
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        struct message *m = fixture_message(&f, "external", "<a@b>");
        ck_assert_msg(fixture_rcpt(m, odd[i]) == 501, "%s", odd[i]);
        message_free(m);
        m = fixture_message(&f, "sendmail", "a@b");
        ck_assert_msg(fixture_rcpt(m, odd[i]) == 0, "%s from here", odd[i]);
        message_free(m);
    }
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "unreadable rcpt=<there%example.com>"));
}
END_TEST

/* The MTA appends its own domain to a bare name. */
START_TEST(a_bare_name_is_in_the_domain_of_the_mta)
{
    struct verdict v;
    open_with(OPTIONS "myorigin = example.com");
    struct message *m = fixture_message(&f, "external", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, "<There>"), 0);
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v),
                     "add <There@example.com.peer.invalid> ORCPT=rfc822;There@example.com\n"
                     "delete <There>\n" PEER "home-peer" TRACE);
    verdict_free(&v);
    message_free(m);
}
END_TEST

/* The peer may yet be known by its header, and then no way to it is needed. */
START_TEST(a_route_is_missed_only_when_the_header_is_read)
{
    static const struct {
        const char *header;
        int code;
    } rows[] = { { FIXTURE_PROOF "\n", 0 }, { "Subject: x\n", 451 } };
    open_with(OPTIONS "domain \"away.example\" { home = primary }");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct verdict v;
        struct message *m = fixture_message(&f, "external", "<a@b>");
        ck_assert_int_eq(fixture_rcpt(m, "<x@away.example>"), 0);
        fixture_header(m, rows[i].header);
        fixture_end(m, &v);
        ck_assert_int_eq(v.reply.code, rows[i].code);
        verdict_free(&v);
        message_free(m);
    }
}
END_TEST

START_TEST(a_message_may_end_at_any_time)
{
    struct verdict v;
    open_with(OPTIONS);
    struct message *m = fixture_message(&f, "external", "<a@b>");
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v), "");
    verdict_free(&v);
    message_free(m);
    m = fixture_message(&f, "external", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, "<there@example.com>"), 0);
    fixture_header(m, "Received: by x\nX-Coexist-Trace: v=1\nList-Id: <l>\n");
    message_free(m);
    message_free(NULL);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("message");
    TCase *tc = tcase_create("message");
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, each_kind_of_recipient_has_its_answer, 0, COUNT_OF(mails));
    tcase_add_test(tc, a_reply_says_who_and_why);
    tcase_add_test(tc, a_conflict_is_a_warning_even_where_it_is_delivered);
    tcase_add_test(tc, a_bad_record_is_named_in_the_log);
    tcase_add_loop_test(tc, what_is_only_remembered_rejects_nobody, 0, 3);
    tcase_add_test(tc, without_state_all_of_ours_is_deferred);
    tcase_add_test(tc, state_is_asked_at_each_rcpt);
    tcase_add_test(tc, the_same_recipient_twice_is_diverted_once);
    tcase_add_test(tc, refused_and_diverted_recipients_are_kept_apart);
    tcase_add_test(tc, a_submission_is_answered_as_a_whole);
    tcase_add_test(tc, a_peer_known_by_its_header_is_one_at_the_end);
    tcase_add_test(tc, a_proof_counts_from_any_host_and_from_no_user);
    tcase_add_test(tc, an_invitation_goes_to_one_system);
    tcase_add_test(tc, who_is_not_ours_is_left_alone);
    tcase_add_test(tc, an_address_that_cannot_be_read_is_refused);
    tcase_add_test(tc, a_bare_name_is_in_the_domain_of_the_mta);
    tcase_add_test(tc, a_route_is_missed_only_when_the_header_is_read);
    tcase_add_test(tc, a_message_may_end_at_any_time);
    suite_add_tcase(suite, tc);
    return suite;
}
