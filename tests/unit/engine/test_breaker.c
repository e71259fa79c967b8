#include "tests/support/unit.h"

#include <string.h>

#include "engine/breaker.h"
#include "state/memory_journal.h"
#include "tests/unit/engine/message_again.h"

/* A journal that only counts what it is told of recipients. */
struct counter {
    struct journal journal;
    unsigned strikes;
    unsigned asked;
    bool open;
    char recipient[64];
    enum home home;
};

static struct counter counter;

static void count_event(struct journal *j, const struct journal_field *field, size_t n)
{
    (void)j;
    (void)field;
    (void)n;
}

static void count_sent(struct journal *j, const struct journal_visit *visit)
{
    (void)j;
    (void)visit;
}

/* Each message was sent to the peer often before. */
static void count_visits(struct journal *j, struct journal_query *query, size_t n,
                         char why[RECORD_FAULT_MAX])
{
    (void)j;
    (void)why;
    for (size_t i = 0; i < n; i++) {
        query[i].answer = STORE_FOUND;
        query[i].visits = 9;
    }
}

static void count_struck(struct journal *j, struct span recipient, enum home home)
{
    struct counter *c = (struct counter *)j;
    c->strikes++;
    c->home = home;
    ck_assert_uint_lt(recipient.n, sizeof(c->recipient));
    memcpy(c->recipient, recipient.p, recipient.n);
    c->recipient[recipient.n] = '\0';
}

static bool count_is_open(struct journal *j, struct span recipient, enum home home)
{
    struct counter *c = (struct counter *)j;
    (void)recipient;
    (void)home;
    c->asked++;
    return c->open;
}

static const struct journal_ops count_ops = {
    .event = count_event,
    .sent = count_sent,
    .visits = count_visits,
    .struck = count_struck,
    .is_open = count_is_open,
};

static void count(void)
{
    counter = (struct counter){ .journal.ops = &count_ops };
    f.engine->journal = &counter.journal;
}

static void records(unsigned limit)
{
    engine_fixture_journal(&f, limit);
    engine_fixture_user(&f, "here@example.com", "home", "secondary");
    engine_fixture_user(&f, "there@example.com", "home", "primary");
    engine_fixture_user(&f, "alias@example.com", "alias", "there@example.com");
    engine_fixture_user(&f, "x@watched.example", "home", "primary");
    engine_fixture_user(&f, "bad@example.com", "home", "nowhere");
    engine_fixture_user(&f, "moving@example.com", "home", "moving");
}

static void open_known(const char *options)
{
    engine_fixture_open(&f, options);
    records(3);
}

static void open_hidden(const char *options)
{
    engine_fixture_open_hidden(&f, options);
    records(3);
}

/* One RCPT of a message of its own. */
static struct reply rcpt(const char *who, const char *recipient)
{
    struct reply reply;
    struct message *m = fixture_message(&f, who, "<a@b>");
    message_recipient(m, span_of(recipient), SPAN_LIT(""), "QUEUEID", &reply);
    message_free(m);
    return reply;
}

#define CONFLICT(who, recipient)                                                                   \
    ck_assert_ptr_nonnull(strstr(rcpt(who, recipient).text, "conflict: "))
#define STORM(who, recipient) ck_assert_ptr_nonnull(strstr(rcpt(who, recipient).text, "breaker: "))

START_TEST(conflicts_open_it_until_the_record_is_mended)
{
    open_known("");
    for (unsigned i = 0; i < 3; i++)
        CONFLICT("peer", "<There@example.com>");
    STORM("peer", "<there@example.com>");
    STORM("external", "<there@example.com>");
    STORM("local", "<there@example.com>");
    struct reply reply = rcpt("peer", "<there@example.com>");
    ck_assert_int_eq(reply.code, 451);
    ck_assert_str_eq(reply.status, "4.4.6");
    ck_assert_str_eq(reply.text,
                     "breaker: <there@example.com>: mail for this mailbox goes round between the "
                     "two systems; it is deferred for a while so that the record can be mended; "
                     "see coexist:user:there@example.com (coexist s.example.net)");
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "warning QUEUEID: decide rcpt=there@example.com "
                                                   "origin=external home=primary action=defer "
                                                   "reason=breaker key="));
    /* Others do not suffer. */
    CONFLICT("peer", "<alias@example.com>");
    ck_assert_int_eq(rcpt("external", "<alias@example.com>").code, 0);
    engine_fixture_user(&f, "there@example.com", "home", "secondary");
    ck_assert_int_eq(rcpt("peer", "<there@example.com>").code, 0);
    ck_assert_int_eq(rcpt("external", "<there@example.com>").code, 0);
}
END_TEST

START_TEST(a_submission_waits_at_its_end)
{
    struct verdict v;
    open_known("");
    for (unsigned i = 0; i < 3; i++)
        CONFLICT("peer", "<there@example.com>");
    pass("sendmail", "<a@b>", "there here", &v);
    ck_assert_str_eq(fixture_text(&v), "451 4.4.6\n");
    ck_assert_ptr_nonnull(strstr(v.reply.text, "breaker: "));
    verdict_free(&v);
}
END_TEST

START_TEST(the_observed_are_told_and_go_on)
{
    struct verdict v;
    open_known("");
    count();
    counter.open = true;
    pass("external", "<a@b>", "x@watched.example", &v);
    ck_assert_str_eq(fixture_text(&v), "insert X-Coexist-Route: node=s.example.net; route=here; "
                                       "reason=breaker; mode=observe\n" TRACE);
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "action=defer reason=breaker mode=observe"));
    ck_assert_uint_eq(counter.strikes, 0);
    verdict_free(&v);
}
END_TEST

/* By a trace that somebody may have kept, or who is known by name, nobody's mail is stopped. */
START_TEST(only_a_young_trace_of_no_known_user_counts)
{
    static const struct {
        struct breaker_case around;
        unsigned evidence;
        unsigned strikes;
    } rows[] = {
        { { ORIGIN_EXTERNAL, false, 2000, 2000 }, LOOP_BY_TRACE, 1 },
        { { ORIGIN_EXTERNAL, false, 2000, 1400 }, LOOP_BY_TRACE, 1 },
        { { ORIGIN_EXTERNAL, false, 2000, 1399 }, LOOP_BY_TRACE, 0 },
        { { ORIGIN_EXTERNAL, false, 2000, 2000 }, LOOP_BY_RECEIVED | LOOP_BY_LEDGER, 0 },
        { { ORIGIN_PEER, false, 2000, 1400 }, LOOP_BY_TRACE, 1 },
        { { ORIGIN_PEER, false, 2000, 1399 }, LOOP_BY_TRACE, 0 },
        { { ORIGIN_LOCAL, false, 2000, 2000 }, LOOP_BY_TRACE, 1 },
        { { ORIGIN_LOCAL, true, 2000, 2000 }, LOOP_BY_TRACE, 0 },
    };
    open_hidden("breaker_window = 600");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char key[] = "there@example.com";
        struct recipient r = { .address.key = key,
                               .home = HOME_PRIMARY,
                               .loop = { LOOP_PINGPONG, rows[i].evidence, 2 },
                               .decision = { .action = ACTION_REJECT, .reason = REASON_LOOP } };
        count();
        breaker_count(f.engine, &r, &rows[i].around);
        ck_assert_msg(counter.strikes == rows[i].strikes, "row %zu: %u", i, counter.strikes);
    }
}
END_TEST

/* The peer's queue sends by an old answer for a while after a flip: the record is right. */
START_TEST(what_is_still_sent_the_old_way_is_not_counted)
{
    open_known("");
    for (unsigned unsettled = 0; unsettled < 2; unsettled++) {
        char key[] = "there@example.com";
        struct recipient r = { .address.key = key,
                               .home = HOME_PRIMARY,
                               .unsettled = unsettled,
                               .decision = { .action = ACTION_DEFER, .reason = REASON_CONFLICT } };
        count();
        breaker_count(f.engine, &r, &(struct breaker_case){ ORIGIN_PEER, false, 2000, 2000 });
        ck_assert_uint_eq(counter.strikes, 1 - unsettled);
    }
}
END_TEST

/* A better reason to wait, or none to ask. */
START_TEST(it_is_asked_where_a_home_is_known)
{
    open_known("");
    count();
    counter.open = true;
    ck_assert_ptr_nonnull(strstr(rcpt("external", "<bad@example.com>").text, "bad-record: "));
    ck_assert_int_eq(rcpt("external", "<x@elsewhere.example>").code, 0);
    ck_assert_uint_eq(counter.asked, 0);
    STORM("external", "<new@example.com>");
    STORM("external", "<moving@example.com>");
    ck_assert_uint_eq(counter.asked, 2);
    engine_fixture_close(&f);
    open_known("breaker_limit = 0");
    count();
    counter.open = true;
    ck_assert_int_eq(rcpt("external", "<there@example.com>").code, 0);
    CONFLICT("peer", "<there@example.com>");
    ck_assert_uint_eq(counter.asked + counter.strikes, 0);
}
END_TEST

/* One message, at RCPT or with its header, and how many strikes it is. */
static const struct {
    const char *what;
    bool hidden; /* the peer has no networks */
    const char *options;
    const char *who, *sender, *recipient;
    const char *header;
    unsigned strikes;
} rows[] = {
    { "conflict, to be held", false, "on_conflict = reject", "peer", "<>", "there", "", 1 },
    { "delivered conflict", false, "on_conflict = deliver", "peer", "<a@b>", "there", "", 0 },
    { "observed conflict", false, "", "peer", "<a@b>", "x@watched.example", "", 0 },
    { "conflict by header", true, "", "external", "<a@b>", "there", FIXTURE_PROOF "\n", 1 },
    { "flows", true, "", "local", "<a@b>", "there", "", 0 },
    { "moving", false, "", "sendmail", "<a@b>", "moving", "", 0 },
    { "bad record", false, "", "sendmail", "<a@b>", "bad", "", 0 },

    { "forged path", false, "", "external", "<a@b>", "there", ROUND ROUND, 0 },
    { "forged path, hidden peer", true, "", "external", "<a@b>", "there", ROUND ROUND, 0 },
    { "forged path by the peer", false, "", "peer", "<a@b>", "here", ROUND ROUND, 0 },
    { "forged path by a filter", false, "", "local", "<a@b>", "here",
      "Received: by p.example.net\n" ROUND ROUND, 0 },
    { "forged hops", false, "max_hops = 10", "local", "<a@b>", "here",
      ROUND ROUND ROUND ROUND ROUND ROUND, 0 },
    { "forged hops by the peer", false, "max_hops = 10", "peer", "<a@b>", "here",
      ROUND ROUND ROUND ROUND ROUND ROUND, 0 },
    { "forged message id", true, "", "external", "<a@b>", "there", "Received: x\n", 0 },
};

START_TEST(what_a_stranger_can_make_up_does_not_count)
{
    struct verdict v;
    (rows[_i].hidden ? open_hidden : open_known)(rows[_i].options);
    count();
    put_on_top(rows[_i].header);
    pass(rows[_i].who, rows[_i].sender, rows[_i].recipient, &v);
    ck_assert_msg(counter.strikes == rows[_i].strikes, "%s: %u strikes", rows[_i].what,
                  counter.strikes);
    bool loops = strstr(buf_text(&f.log), "reason=loop") || strstr(buf_text(&f.log), "reason=hops");
    ck_assert_msg(loops == (strncmp(rows[_i].what, "forged", 6) == 0), "%s: %s", rows[_i].what,
                  buf_text(&f.log));
    verdict_free(&v);
}
END_TEST

/* Where it may be the peer that brings a signed trace back; elsewhere it is somebody who was sent a
 * copy. */
START_TEST(a_signed_trace_counts)
{
    static const struct {
        bool hidden;
        const char *who;
        unsigned strikes;
    } visits[] = { { false, "external", 0 }, { true, "external", 1 }, { false, "local", 1 } };
    for (size_t i = 0; i < COUNT_OF(visits); i++) {
        struct verdict v;
        (visits[i].hidden ? open_hidden : open_known)("");
        free(header);
        setup();
        go_round("there");
        count();
        pass(visits[i].who, "<a@b>", "there", &v);
        ck_assert_int_eq(v.reply.code, 550);
        ck_assert_ptr_nonnull(strstr(v.reply.text, "evidence=trace,received"));
        ck_assert_msg(counter.strikes == visits[i].strikes, "row %zu: %u", i, counter.strikes);
        if (counter.strikes > 0) {
            ck_assert_str_eq(counter.recipient, "there@example.com");
            ck_assert_int_eq(counter.home, HOME_PRIMARY);
        }
        verdict_free(&v);
        if (i + 1 < COUNT_OF(visits))
            engine_fixture_close(&f);
    }
}
END_TEST

/* It loops, but that is not why it waits. */
START_TEST(what_waits_for_another_reason_does_not_count)
{
    struct verdict v;
    open_hidden("");
    go_round("here");
    go_round("here");
    count();
    engine_fixture_user(&f, "here@example.com", "home", "moving");
    pass("sendmail", "<a@b>", "here", &v);
    ck_assert_ptr_nonnull(strstr(v.reply.text, "moving: "));
    ck_assert_ptr_nonnull(strstr(v.reply.text, "evidence=trace"));
    ck_assert_uint_eq(counter.strikes, 0);
    verdict_free(&v);
}
END_TEST

START_TEST(its_own_deferrals_do_not_count)
{
    open_known("");
    count();
    CONFLICT("peer", "<there@example.com>");
    ck_assert_uint_eq(counter.strikes, 1);
    counter.open = true;
    STORM("peer", "<there@example.com>");
    ck_assert_uint_eq(counter.strikes, 1);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("breaker");
    TCase *tc = tcase_create("breaker");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, conflicts_open_it_until_the_record_is_mended);
    tcase_add_test(tc, a_submission_waits_at_its_end);
    tcase_add_test(tc, the_observed_are_told_and_go_on);
    tcase_add_test(tc, it_is_asked_where_a_home_is_known);
    tcase_add_test(tc, only_a_young_trace_of_no_known_user_counts);
    tcase_add_test(tc, what_is_still_sent_the_old_way_is_not_counted);
    tcase_add_loop_test(tc, what_a_stranger_can_make_up_does_not_count, 0, COUNT_OF(rows));
    tcase_add_test(tc, a_signed_trace_counts);
    tcase_add_test(tc, what_waits_for_another_reason_does_not_count);
    tcase_add_test(tc, its_own_deferrals_do_not_count);
    suite_add_tcase(suite, tc);
    return suite;
}
