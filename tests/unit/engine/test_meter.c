#include <stdio.h>
#include <string.h>

#include "engine/exporter.h"
#include "engine/meter.h"
#include "tests/unit/engine/message_again.h"

/* The lines of the page with a value other than 0, of the metrics that count mail, without
 * `coexist_` and comments; durations by their number alone. */
static const char *counted(void)
{
    static struct buf out = { .limit = EXPORTER_PAGE_MAX };
    struct buf page;
    buf_init(&page, EXPORTER_PAGE_MAX);
    metrics_write(f.engine->meter->metrics, &page);
    struct span rest = buf_span(&page), line;
    buf_clear(&out);
    while (span_split(&rest, '\n', &line)) {
        bool spent = span_iends(line, SPAN_LIT(" 0")) || line.n == 0 || line.p[0] == '#';
        bool duration =
            memmem(line.p, line.n, "_seconds_", 9) && !memmem(line.p, line.n, "_seconds_count", 14);
        if (!spent && !duration)
            buf_addf(&out, "%.*s\n", SPAN_ARG(span_from(line, strlen("coexist_"))));
    }
    ck_assert(buf_ok(&page) && buf_ok(&out));
    buf_free(&page);
    return buf_text(&out);
}

static void open_records(const char *options)
{
    open_with(options);
    engine_fixture_user(&f, "moving@example.com", "home", "moving");
    engine_fixture_user(&f, "bad@example.com", "home", "no where");
}

#define OUTCOME(what) "messages_total{outcome=\"" what "\"} 1\n"
#define RECIPIENT(action, reason, mode)                                                            \
    "recipients_total{action=\"" action "\",reason=\"" reason "\",mode=\"" mode "\"} 1\n"
#define LOOKUPS(answers) "store_lookups_total{" answers "\n"
#define FOUND_ONE "store_lookups_total{result=\"found\"} 1\n"
#define ABSENT_ONE "store_lookups_total{result=\"absent\"} 1\n"

/* The user's record, and that the domain has none. */
#define KNOWN FOUND_ONE ABSENT_ONE

START_TEST(a_message_that_goes_through)
{
    static const struct {
        const char *who, *sender, *rcpts, *header, *want;
    } rows[] = {
        { "external", "<a@b>", "here", MESSAGE_ID,
          OUTCOME("accepted") RECIPIENT("here", "home-here", "enforce") KNOWN },
        { "external", "<a@b>", "there", MESSAGE_ID,
          OUTCOME("accepted") RECIPIENT("divert", "home-peer", "enforce") KNOWN },
        { "external", "<a@b>", "both", MESSAGE_ID,
          OUTCOME("accepted") RECIPIENT("both", "dual", "enforce") KNOWN },
        { "peer", "<a@b>", "both", MESSAGE_ID,
          OUTCOME("accepted") RECIPIENT("here", "split-horizon", "enforce") KNOWN },
        { "external", "<a@b>", "x@watched.example", MESSAGE_ID,
          OUTCOME("accepted") RECIPIENT("divert", "default", "observe")
              LOOKUPS("result=\"absent\"} 2") },
        { "external", "<a@b>", "x@elsewhere.example", MESSAGE_ID,
          OUTCOME("accepted") RECIPIENT("leave", "not-ours", "enforce") },
        /* An alias is one record more. */
        { "external", "<a@b>", "alias", MESSAGE_ID,
          OUTCOME("accepted") RECIPIENT("divert", "home-peer", "enforce")
              LOOKUPS("result=\"found\"} 2") ABSENT_ONE },
        { "external", "<a@b>", "here", "X-Coexist-Trace: v=1; forged\nX-Coexist-Route: x\n",
          OUTCOME("accepted")
              RECIPIENT("here", "home-here", "enforce") "forged_fields_removed_total 2\n" KNOWN },
        { "external", "<>", "there", "Received: by p.example.net\n" ROUND ROUND ROUND,
          OUTCOME("held")
              RECIPIENT("hold", "loop", "enforce") "loops_total{evidence=\"received\"} 1\n" KNOWN },
        { "external", "<a@b>", "there", "Received: by p.example.net\n" ROUND ROUND ROUND,
          OUTCOME("rejected") RECIPIENT("reject", "loop",
                                        "enforce") "loops_total{evidence=\"received\"} 1\n" KNOWN },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct verdict v;
        open_records("");
        fixture_pass(&f, rows[i].who, rows[i].sender, rows[i].rcpts, rows[i].header, &v);
        verdict_free(&v);
        ck_assert_str_eq(counted(), rows[i].want);
        if (i + 1 < COUNT_OF(rows))
            engine_fixture_close(&f);
    }
}
END_TEST

START_TEST(a_recipient_that_is_refused)
{
    static const struct {
        const char *who, *rcpt, *want;
    } rows[] = {
        { "external", "<moving@example.com>",
          OUTCOME("unfinished") RECIPIENT("defer", "moving", "enforce") KNOWN },
        { "peer", "<there@example.com>",
          OUTCOME("unfinished")
              RECIPIENT("defer", "conflict", "enforce") "conflicts_total 1\n" KNOWN },
        { "external", "<bad@example.com>",
          OUTCOME("unfinished") RECIPIENT("defer", "bad-record", "enforce") ABSENT_ONE
          "store_lookups_total{result=\"bad\"} 1\n" },
        { "external", "<a@b@example.com@>",
          OUTCOME("unfinished") "recipients_undecided_total{cause=\"unreadable\"} 1\n" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        open_records("");
        struct message *m = fixture_message(&f, rows[i].who, "<a@b>");
        ck_assert_int_ne(fixture_rcpt(m, rows[i].rcpt), 0);
        message_free(m);
        ck_assert_str_eq(counted(), rows[i].want);
        if (i + 1 < COUNT_OF(rows))
            engine_fixture_close(&f);
    }
}
END_TEST

START_TEST(a_loop_counts_for_each_kind_of_evidence)
{
    struct verdict v;
    open_records("");
    go_round("there");
    ck_assert_str_eq(judge("<a@b>", "there", &v), "550 5.4.6\n");
    verdict_free(&v);
    ck_assert_str_eq(
        counted(),
        OUTCOME("accepted") OUTCOME("rejected") RECIPIENT("divert", "home-peer", "enforce")
            RECIPIENT("reject", "loop", "enforce") "loops_total{evidence=\"trace\"} 1\n"
                                                   "loops_total{evidence=\"received\"} 1\n"
                                                   "store_lookups_total{result=\"found\"} 2\n"
                                                   "store_lookups_total{result=\"absent\"} 2\n");
}
END_TEST

/* What was decided counts as the log has it; what is removed only where it was. */
START_TEST(the_mta_takes_no_edit)
{
    struct verdict v;
    open_records("");
    f.edits_fail = true;
    fixture_pass(&f, "external", "<a@b>", "here", "X-Coexist-Trace: v=1; forged\n", &v);
    verdict_free(&v);
    ck_assert_str_eq(counted(), OUTCOME("failed") RECIPIENT("here", "home-here", "enforce") KNOWN);
}
END_TEST

/* Without SMTP a recipient cannot be refused, and the message is. */
START_TEST(too_many_recipients)
{
    struct verdict v;
    open_records("");
    struct message *m = fixture_message(&f, "sendmail", "a@b");
    for (unsigned i = 0; i <= MESSAGE_RECIPIENTS_MAX; i++)
        ck_assert_int_eq(fixture_rcpt(m, "x@elsewhere.example"), 0);
    fixture_end(m, &v);
    ck_assert_int_eq(v.reply.code, 550);
    verdict_free(&v);
    message_free(m);
    ck_assert_str_eq(counted(),
                     OUTCOME("rejected") "recipients_undecided_total{cause=\"too-many\"} 1\n");
}
END_TEST

START_TEST(no_recipient_is_left_for_the_end)
{
    struct verdict v;
    open_records("");
    struct message *m = fixture_message(&f, "external", "<a@b>");
    fixture_end(m, &v);
    message_done(m, "QUEUEID");
    message_free(m);
    ck_assert_str_eq(counted(), OUTCOME("accepted"));
}
END_TEST

START_TEST(waits_are_counted)
{
    open_records("");
    struct message *m = fixture_message(&f, "external", "<a@b>");
    message_took(m, MESSAGE_AT_RCPT, 70);
    message_took(m, MESSAGE_AT_RCPT, 2000000);
    message_took(m, MESSAGE_AT_END, 300);
    message_free(m);
    ck_assert_str_eq(counted(), OUTCOME("unfinished") "rcpt_duration_seconds_count 2\n"
                                                      "eom_duration_seconds_count 1\n");
}
END_TEST

START_TEST(reloads_are_counted)
{
    open_records("");
    meter_reload(f.engine->meter, true);
    meter_reload(f.engine->meter, false);
    meter_reload(f.engine->meter, true);
    ck_assert_str_eq(counted(), "reloads_total{result=\"failed\"} 1\n"
                                "reloads_total{result=\"good\"} 2\n");
}
END_TEST

/* An engine for a dry run has none. */
START_TEST(nothing_is_counted_without_a_meter)
{
    struct verdict v;
    open_records("");
    meter_unref(f.engine->meter);
    f.engine->meter = NULL;
    pass("external", "<a@b>", "here there", &v);
    verdict_free(&v);
    meter_reload(NULL, true);
    meter_took(NULL, METER_RCPT, 1);
    meter_undecided(NULL, UNDECIDED_TOO_MANY);
    ck_assert_ptr_null(meter_ref(NULL));
    meter_unref(NULL);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("meter");
    TCase *tc = tcase_create("meter");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_message_that_goes_through);
    tcase_add_test(tc, a_recipient_that_is_refused);
    tcase_add_test(tc, a_loop_counts_for_each_kind_of_evidence);
    tcase_add_test(tc, the_mta_takes_no_edit);
    tcase_add_test(tc, too_many_recipients);
    tcase_add_test(tc, no_recipient_is_left_for_the_end);
    tcase_add_test(tc, waits_are_counted);
    tcase_add_test(tc, reloads_are_counted);
    tcase_add_test(tc, nothing_is_counted_without_a_meter);
    suite_add_tcase(suite, tc);
    return suite;
}
