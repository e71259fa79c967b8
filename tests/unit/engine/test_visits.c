#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "state/memory_journal.h"
#include "state/memory_store.h"
#include "tests/support/engine_fixture.h"

/* Messages that come back without a header field of this system: the ledger alone knows them. */

static struct engine_fixture f;

static void teardown(void)
{
    engine_fixture_close(&f);
}

static void records(void)
{
    engine_fixture_journal(&f, 0);
    engine_fixture_user(&f, "here@example.com", "home", "secondary");
    engine_fixture_user(&f, "there@example.com", "home", "primary");
    engine_fixture_user(&f, "other@example.com", "home", "primary");
    engine_fixture_user(&f, "both@example.com", "home", "both");
    engine_fixture_user(&f, "alias@example.com", "alias", "there@example.com");
}

static void setup(void)
{
    engine_fixture_open_hidden(&f, "");
    records();
}

/* With other options than the usual ones. */
static void reopen(const char *options)
{
    engine_fixture_close(&f);
    engine_fixture_open_hidden(&f, options);
    records();
}

#define ID "Message-ID: <1@example.org>\n"
#define ARRIVAL(n) "Received: from cloud.example by mx.cloud.example id " n "; x\n"
#define PROOF FIXTURE_PROOF "\n"

/* The verdict on one transfer, and the code of the reply. */
static int transfer(const char *who, const char *recipients, const char *header, struct verdict *v)
{
    fixture_pass(&f, who, "<a@b>", recipients, header, v);
    return v->reply.code;
}

static int code(const char *who, const char *recipients, const char *header)
{
    struct verdict v;
    int answer = transfer(who, recipients, header, &v);
    verdict_free(&v);
    return answer;
}

/* The message once more, newly handed over. */
static int arrival(unsigned i, const char *sender, const char *recipients, struct verdict *v)
{
    char header[200];
    snprintf(header, sizeof(header), ARRIVAL("%u") ID, i);
    fixture_pass(&f, "external", sender, recipients, header, v);
    return v->reply.code;
}

/* A few arrivals, all of which go through. */
static void arrive(unsigned times, const char *recipients)
{
    for (unsigned i = 0; i < times; i++) {
        struct verdict v;
        ck_assert_int_eq(arrival(i, "<a@b>", recipients, &v), 0);
        verdict_free(&v);
    }
}

START_TEST(a_stripped_loop_ends_at_the_third)
{
    static const char *const recipients[] = { "there", "both", "alias" };
    for (size_t i = 0; i < COUNT_OF(recipients); i++) {
        struct verdict v;
        reopen("");
        ck_assert_int_eq(code("external", recipients[i], ARRIVAL("1") ID), 0);
        ck_assert_int_eq(code("external", recipients[i], ARRIVAL("2") ID), 0);
        ck_assert_int_eq(transfer("external", recipients[i], ARRIVAL("3") ID, &v), 550);
        ck_assert_ptr_nonnull(strstr(v.reply.text, "passes=3 evidence=ledger path=S<external"));
        ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "loop=pingpong passes=3 evidence=ledger "));
        verdict_free(&v);
    }
}
END_TEST

START_TEST(the_header_tells_by_the_ledger)
{
    struct verdict v;
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(arrival(i, "<>", "there", &v), 0);
        const char *loop = fixture_inserted(&v, "X-Coexist-Loop");
        ck_assert_pstr_eq(
            loop, i < 2 ? NULL : "verdict=pingpong; passes=3; evidence=ledger; path=S<external");
        verdict_free(&v);
    }
}
END_TEST

/* What was twice sent to the peer for there@example.com, and then this. */
START_TEST(what_differs_is_no_loop)
{
    static const struct {
        const char *what, *who, *sender, *recipients, *header;
    } rows[] = {
        { "retry", "external", "<a@b>", "there", ARRIVAL("2") ID },
        { "another recipient", "external", "<a@b>", "other", ARRIVAL("3") ID },
        { "another message", "external", "<a@b>", "there", ARRIVAL("3") "Message-ID: <2@x>\n" },
        { "no message id", "external", "<a@b>", "there", ARRIVAL("3") },
        { "an empty one", "external", "<a@b>", "there", ARRIVAL("3") "Message-ID:\n" },
        { "a list", "external", "<a@b>", "there", ARRIVAL("3") ID "List-Id: <l.example>\n" },
        { "resent", "external", "<a@b>", "there", "Resent-Message-ID: <3@x>\n" ARRIVAL("3") ID },
        { "bounce", "external", "<>", "there", ARRIVAL("3") ID },
        { "machine", "external", "<a@b>", "there",
          ARRIVAL("3") ID "Auto-Submitted: auto-replied\n" },
        { "submission", "authenticated", "<a@b>", "there", ARRIVAL("3") ID },
        { "own system", "local", "<a@b>", "there", ARRIVAL("3") ID },
        { "sendmail", "sendmail", "<a@b>", "there", ARRIVAL("3") ID },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct verdict v;
        reopen("");
        ck_assert_int_eq(code("external", "there", ARRIVAL("1") ID), 0);
        ck_assert_int_eq(code("external", "there", ARRIVAL("2") ID), 0);
        fixture_pass(&f, rows[i].who, rows[i].sender, rows[i].recipients, rows[i].header, &v);
        ck_assert_msg(v.reply.code == 0, "%s: %s", rows[i].what, v.reply.text);
        ck_assert_msg(v.edits > 0 && v.edit[0].kind == EDIT_ADD_RECIPIENT, "%s", rows[i].what);
        ck_assert_msg(!fixture_inserted(&v, "X-Coexist-Loop"), "%s", rows[i].what);
        verdict_free(&v);
    }
    ck_assert_ptr_null(strstr(buf_text(&f.log), "ledger"));
}
END_TEST

START_TEST(its_author_may_send_it_twice)
{
    arrive(2, "there");
    arrive(2, "there");
    ck_assert_int_eq(code("external", "there", ARRIVAL("2") ID), 550);
}
END_TEST

/* A message that the MTA did not take comes again as often as it likes. */
START_TEST(what_was_not_accepted_is_no_visit)
{
    f.edits_fail = true;
    arrive(5, "there");
    f.edits_fail = false;
    engine_fixture_user(&f, "moving@example.com", "home", "moving");
    ck_assert_int_eq(code("sendmail", "there moving", ARRIVAL("6") ID), 451);
    ck_assert_int_eq(code("sendmail", "there moving", ARRIVAL("7") ID), 451);
    ck_assert_int_eq(code("external", "there", ARRIVAL("8") ID), 0);
    ck_assert_int_eq(code("external", "there", ARRIVAL("9") ID), 0);
    ck_assert_int_eq(code("external", "there", ARRIVAL("10") ID), 550);
}
END_TEST

START_TEST(what_is_kept_is_no_visit)
{
    arrive(4, "here");
    engine_fixture_user(&f, "here@example.com", "home", "primary");
    ck_assert_int_eq(code("external", "here", ARRIVAL("5") ID), 0);
}
END_TEST

START_TEST(a_mended_record_ends_a_loop)
{
    struct verdict v;
    ck_assert_int_eq(code("external", "there", ARRIVAL("1") ID), 0);
    ck_assert_int_eq(code("external", "there", ARRIVAL("2") ID), 0);
    engine_fixture_user(&f, "there@example.com", "home", "secondary");
    ck_assert_int_eq(transfer("external", "there", ARRIVAL("3") ID, &v), 0);
    ck_assert_ptr_null(fixture_inserted(&v, "X-Coexist-Loop"));
    verdict_free(&v);
    ck_assert_int_eq(transfer("external", "there", PROOF ARRIVAL("4") ID, &v), 0);
    ck_assert_ptr_null(fixture_inserted(&v, "X-Coexist-Loop"));
    verdict_free(&v);
}
END_TEST

/* The networks of the peer are known, and the message comes from none of them. */
START_TEST(where_the_peer_is_known_strangers_may_repeat_themselves)
{
    engine_fixture_close(&f);
    engine_fixture_open_direct(&f, "");
    records();
    memory_journal_set_away(f.engine->journal, true);
    arrive(4, "there");
    ck_assert_msg(!strstr(buf_text(&f.log), "ledger"), "not even asked");
}
END_TEST

/* They are known, but what the peer sends may come by way of the gateway. */
START_TEST(a_gateway_hides_the_peer)
{
    struct verdict v;
    engine_fixture_close(&f);
    engine_fixture_open(&f, "");
    records();
    arrive(2, "there");
    ck_assert_int_eq(arrival(3, "<a@b>", "there", &v), 550);
    ck_assert_ptr_nonnull(strstr(v.reply.text, "passes=3 evidence=ledger path=S<external"));
    verdict_free(&v);
}
END_TEST

/* From the peer, one visit is enough; from wherever it was sent there. */
START_TEST(a_conflict_tells_by_the_ledger)
{
    static const char *const who[] = { "external", "sendmail", "authenticated", "peer" };
    for (size_t i = 0; i < COUNT_OF(who); i++) {
        struct verdict v;
        reopen("");
        ck_assert_int_eq(transfer("external", "there", PROOF ARRIVAL("1") ID, &v), 451);
        ck_assert_ptr_null(strstr(v.reply.text, "evidence"));
        verdict_free(&v);
        ck_assert_int_eq(code(who[i], "there", ARRIVAL("2") ID), 0);
        ck_assert_int_eq(transfer("external", "there", PROOF ARRIVAL("3") ID, &v), 451);
        ck_assert_str_eq(v.reply.text,
                         "conflict: <there@example.com>: this mailbox lives on the system that "
                         "has just sent this message here; see coexist:user:there@example.com; "
                         "passes=2 evidence=ledger path=S<external (coexist s.example.net)");
        ck_assert_ptr_nonnull(strstr(buf_text(&f.log), " action=defer reason=conflict "
                                                       "key=coexist:user:there@example.com "
                                                       "loop=pingpong passes=2 evidence=ledger "));
        verdict_free(&v);
    }
}
END_TEST

START_TEST(the_header_of_a_conflict_tells_both)
{
    struct verdict v;
    reopen("on_conflict = reject");
    fixture_pass(&f, "external", "<>", "there", ARRIVAL("1") ID, &v);
    verdict_free(&v);
    fixture_pass(&f, "external", "<>", "there", PROOF ARRIVAL("2") ID, &v);
    ck_assert_pstr_eq(fixture_inserted(&v, "X-Coexist-Loop"),
                      "verdict=pingpong; passes=2; evidence=conflict,ledger; path=S<external");
    verdict_free(&v);
}
END_TEST

START_TEST(a_conflict_that_is_delivered_is_none)
{
    struct verdict v;
    reopen("on_conflict = deliver");
    ck_assert_int_eq(code("external", "there", ARRIVAL("1") ID), 0);
    ck_assert_int_eq(transfer("external", "there", PROOF ARRIVAL("2") ID, &v), 0);
    ck_assert_pstr_eq(fixture_inserted(&v, "X-Coexist-Loop"),
                      "verdict=conflict; passes=1; evidence=conflict; path=S<external");
    verdict_free(&v);
}
END_TEST

START_TEST(a_recipient_loops_and_the_others_go_on)
{
    struct verdict v;
    ck_assert_int_eq(code("external", "there", ARRIVAL("1") ID), 0);
    ck_assert_int_eq(code("external", "there", ARRIVAL("2") ID), 0);
    ck_assert_int_eq(transfer("external", "here other there both", ARRIVAL("3") ID, &v), 0);
    const char *log = buf_text(&f.log);
    ck_assert_ptr_nonnull(strstr(log, "rcpt=there@example.com origin=external home=primary "
                                      "action=loop-mailbox reason=loop"));
    ck_assert_ptr_nonnull(strstr(log, "rcpt=other@example.com origin=external home=primary "
                                      "action=divert"));
    ck_assert_ptr_nonnull(strstr(log, "rcpt=both@example.com origin=external home=both "
                                      "action=both"));
    verdict_free(&v);
}
END_TEST

/* Several addresses of one mailbox are one visit, even where the message tells no arrival. */
START_TEST(two_names_of_a_mailbox_are_one)
{
    ck_assert_int_eq(code("external", "there alias other there", ID), 0);
    ck_assert_int_eq(code("external", "alias there", ID), 0);
    ck_assert_int_eq(code("external", "alias", ID), 550);
    reopen("");
    ck_assert_int_eq(code("external", "alias", ARRIVAL("1") ID), 0);
    ck_assert_int_eq(code("external", "there", ARRIVAL("2") ID), 0);
    ck_assert_int_eq(code("external", "alias", ARRIVAL("3") ID), 550);
}
END_TEST

START_TEST(without_a_ledger_mail_flows)
{
    memory_journal_set_away(f.engine->journal, true);
    arrive(4, "there here other");
    static const char line[] = "warning QUEUEID: ledger-unavailable origin=external "
                               "why=\"the journal is away\"\n";
    const char *told = buf_text(&f.log);
    unsigned times = 0;
    for (; (told = strstr(told, line)); told++)
        times++;
    ck_assert_uint_eq(times, 4);
}
END_TEST

START_TEST(without_a_journal_mail_flows)
{
    static const char *const options[] = { "", "ledger_window = 0" };
    for (size_t o = 0; o < COUNT_OF(options); o++) {
        reopen(options[o]);
        memory_journal_set_away(f.engine->journal, true);
        if (o == 0)
            f.engine->journal = NULL;
        arrive(4, "there");
        ck_assert_ptr_null(strstr(buf_text(&f.log), "ledger"));
    }
}
END_TEST

/* What is only watched is sent nowhere; what was sent is told of. */
START_TEST(an_observed_loop_is_told)
{
    struct verdict v;
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(arrival(i, "<a@b>", "x@watched.example", &v), 0);
        ck_assert_ptr_null(fixture_inserted(&v, "X-Coexist-Loop"));
        verdict_free(&v);
    }
    ck_assert_int_eq(code("external", "there", ARRIVAL("1") ID), 0);
    ck_assert_int_eq(code("external", "there", ARRIVAL("2") ID), 0);
    ck_assert(memory_store_set(f.engine->store, RECORD_DOMAIN, "example.com", "mode", "observe"));
    ck_assert_int_eq(transfer("external", "there", ARRIVAL("3") ID, &v), 0);
    ck_assert_int_eq(v.edit[0].kind, EDIT_INSERT_HEADER);
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), " action=reject reason=loop mode=observe "));
    verdict_free(&v);
}
END_TEST

/* A filter at the other end writes to the same ledger: what it has sent here, this one has not sent
 * there. */
START_TEST(each_system_has_its_own_visits)
{
    f.engine->config->node = SYSTEM_PRIMARY;
    ck_assert_int_eq(code("external", "here", ID ARRIVAL("1")), 0);
    ck_assert_int_eq(code("external", "here", ID ARRIVAL("2")), 0);
    f.engine->config->node = SYSTEM_SECONDARY;
    engine_fixture_user(&f, "here@example.com", "home", "primary");
    ck_assert_int_eq(code("external", "here", ID ARRIVAL("3")), 0);
    ck_assert_int_eq(code("external", "here", ID ARRIVAL("4")), 0);
    ck_assert_int_eq(code("external", "here", ID ARRIVAL("5")), 550);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("visits");
    TCase *tc = tcase_create("visits");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_stripped_loop_ends_at_the_third);
    tcase_add_test(tc, the_header_tells_by_the_ledger);
    tcase_add_test(tc, what_differs_is_no_loop);
    tcase_add_test(tc, its_author_may_send_it_twice);
    tcase_add_test(tc, what_was_not_accepted_is_no_visit);
    tcase_add_test(tc, what_is_kept_is_no_visit);
    tcase_add_test(tc, a_mended_record_ends_a_loop);
    tcase_add_test(tc, where_the_peer_is_known_strangers_may_repeat_themselves);
    tcase_add_test(tc, a_gateway_hides_the_peer);
    tcase_add_test(tc, a_conflict_tells_by_the_ledger);
    tcase_add_test(tc, the_header_of_a_conflict_tells_both);
    tcase_add_test(tc, a_conflict_that_is_delivered_is_none);
    tcase_add_test(tc, a_recipient_loops_and_the_others_go_on);
    tcase_add_test(tc, two_names_of_a_mailbox_are_one);
    tcase_add_test(tc, without_a_ledger_mail_flows);
    tcase_add_test(tc, without_a_journal_mail_flows);
    tcase_add_test(tc, an_observed_loop_is_told);
    tcase_add_test(tc, each_system_has_its_own_visits);
    suite_add_tcase(suite, tc);
    return suite;
}
