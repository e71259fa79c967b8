#include "tests/support/unit.h"

#include <string.h>

#include "engine/report.h"
#include "sys/clock.h"
#include "tests/unit/engine/message_again.h"

/* A journal that writes its events down, a line each. */
struct notes {
    struct journal journal;
    struct buf text;
    int64_t began; /* ms */
};

static struct notes notes;

/* Stands for every time that is right. */
static struct span known_time(struct span value)
{
    uint64_t told;
    ck_assert(span_number(value, &told));
    ck_assert_int_ge((int64_t)told, notes.began);
    ck_assert_int_le((int64_t)told, clock_utc_ms());
    return SPAN_LIT("NOW");
}

static void note_event(struct journal *j, const struct journal_field *field, size_t n)
{
    struct notes *to = (struct notes *)j;
    for (size_t i = 0; i < n; i++) {
        bool time = strcmp(field[i].name, "t") == 0;
        struct span value = unit_exact(time ? known_time(field[i].value) : field[i].value);
        buf_addf(&to->text, "%s%s=%.*s", i ? " " : "", field[i].name, SPAN_ARG(value));
        free((void *)value.p);
    }
    buf_addc(&to->text, '\n');
    ck_assert(buf_ok(&to->text));
}

static void note_sent(struct journal *j, const struct journal_visit *visit)
{
    (void)j;
    (void)visit;
}

static void note_visits(struct journal *j, struct journal_query *query, size_t n,
                        char why[RECORD_FAULT_MAX])
{
    (void)j;
    (void)query;
    (void)n;
    (void)why;
}

static void note_struck(struct journal *j, struct span recipient, enum home home)
{
    (void)j;
    (void)recipient;
    (void)home;
}

static bool note_is_open(struct journal *j, struct span recipient, enum home home)
{
    (void)j;
    (void)recipient;
    (void)home;
    return false;
}

static const struct journal_ops note_ops = {
    .event = note_event,
    .sent = note_sent,
    .visits = note_visits,
    .struck = note_struck,
    .is_open = note_is_open,
};

static void open_noted(const char *options)
{
    open_with(options);
    engine_fixture_user(&f, "moving@example.com", "home", "moving");
    engine_fixture_user(&f, "bad@example.com", "home", "no where");
    notes = (struct notes){ .journal.ops = &note_ops, .began = clock_utc_ms() };
    buf_init(&notes.text, 1000000);
    f.engine->journal = &notes.journal;
}

static void close_noted(void)
{
    buf_free(&notes.text);
    teardown();
}

#define HEAD(at) "event=decide at=" at " node=s.example.net t=NOW queue=QUEUEID "
#define KEY " key=coexist:user:"

/* One recipient refused at RCPT. */
START_TEST(a_refusal_is_told_at_once)
{
    static const struct {
        const char *who, *rcpt, *event, *log;
    } rows[] = {
        { "external", "<Moving@example.com>",
          HEAD("rcpt") "reply=451 4.2.1 rcpt=moving@example.com origin=external home=moving "
                       "action=defer reason=moving" KEY "moving@example.com\n",
          "info QUEUEID: decide rcpt=moving@example.com origin=external home=moving "
          "action=defer reason=moving" KEY "moving@example.com\n" },
        { "peer", "<alias@example.com>",
          HEAD("rcpt") "reply=451 4.4.6 rcpt=alias@example.com origin=peer home=primary "
                       "action=defer reason=conflict alias-of=there@example.com" KEY
                       "there@example.com\n",
          "warning QUEUEID: decide rcpt=alias@example.com origin=peer home=primary "
          "action=defer reason=conflict alias-of=there@example.com" KEY "there@example.com\n" },
        { "local", "<bad@example.com>",
          HEAD("rcpt") "reply=451 4.3.5 rcpt=bad@example.com origin=local home=unset "
                       "action=defer reason=bad-record" KEY "bad@example.com why=home is "
                       "'no where', not one of primary, secondary, both, moving\n",
          "warning QUEUEID: decide rcpt=bad@example.com origin=local home=unset "
          "action=defer reason=bad-record" KEY "bad@example.com why=\"home is "
          "'no where', not one of primary, secondary, both, moving\"\n" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        open_noted("");
        struct message *m = fixture_message(&f, rows[i].who, "<a@b>");
        ck_assert_int_ne(fixture_rcpt(m, rows[i].rcpt), 0);
        ck_assert_str_eq(buf_text(&notes.text), rows[i].event);
        ck_assert_str_eq(buf_text(&f.log), rows[i].log);
        message_free(m);
        if (i + 1 < COUNT_OF(rows)) {
            buf_free(&notes.text);
            engine_fixture_close(&f);
        }
    }
}
END_TEST

#define DIVERTED                                                                                   \
    "rcpt=there@example.com origin=external home=primary action=divert reason=home-peer "          \
    "to=there@example.com.peer.invalid" KEY "there@example.com path=S\n"
#define WATCHED                                                                                    \
    "rcpt=x@watched.example origin=external home=unset action=divert reason=default "              \
    "mode=observe path=S\n"

/* In the log each recipient of ours, in their order, and the same in the journal. */
START_TEST(what_goes_on_is_told_when_it_is_through)
{
    struct verdict v;
    open_noted("");
    f.edits_fail = true;
    fixture_pass(&f, "external", "<a@b>", "there x@watched.example y@elsewhere.example", MESSAGE_ID,
                 &v);
    verdict_free(&v);
    ck_assert_str_eq(buf_text(&notes.text), "");
    const char *log = buf_text(&f.log);
    ck_assert_ptr_nonnull(
        strstr(log, "info QUEUEID: decide " DIVERTED "info QUEUEID: decide " WATCHED "debug "));
    f.edits_fail = false;
    fixture_pass(&f, "external", "<a@b>", "there x@watched.example y@elsewhere.example", MESSAGE_ID,
                 &v);
    verdict_free(&v);
    ck_assert_str_eq(buf_text(&notes.text), HEAD("end") "msgid=<1@example.org> " DIVERTED HEAD(
                                                "end") "msgid=<1@example.org> " WATCHED);
}
END_TEST

START_TEST(what_is_refused_at_the_end_is_told_once)
{
    struct verdict v;
    open_noted("");
    put_on_top("Received: by p.example.net\n" ROUND ROUND);
    pass("external", "<a@b>", "there", &v);
    ck_assert_int_eq(v.reply.code, 550);
    verdict_free(&v);
    ck_assert_str_eq(buf_text(&notes.text),
                     HEAD("end") "msgid=<1@example.org> reply=550 5.4.6 rcpt=there@example.com "
                                 "origin=external home=primary action=reject reason=loop" KEY
                                 "there@example.com loop=pingpong passes=3 evidence=received "
                                 "path=S<P<S<P<S\n");
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "action=reject reason=loop" KEY
                                                   "there@example.com loop=pingpong passes=3 "
                                                   "evidence=received path=S<P<S<P<S\n"));
}
END_TEST

START_TEST(a_long_message_id_is_cut)
{
    struct verdict v;
    struct buf text;
    open_noted("");
    buf_init(&text, 1000);
    buf_adds(&text, "Message-ID: <");
    for (unsigned i = 0; i < REPORT_MESSAGE_ID_MAX; i++)
        buf_addc(&text, 'x');
    buf_adds(&text, "@y>\n");
    fixture_pass(&f, "external", "<a@b>", "there", buf_text(&text), &v);
    verdict_free(&v);
    buf_free(&text);
    const char *id = strstr(buf_text(&notes.text), " msgid=<xxx");
    ck_assert_ptr_nonnull(id);
    ck_assert_uint_eq(strcspn(id + 1, " "), strlen("msgid=") + REPORT_MESSAGE_ID_MAX);
}
END_TEST

START_TEST(no_event_is_told_where_none_are_kept)
{
    struct verdict v;
    open_noted("events_max = 0");
    pass("external", "<a@b>", "there", &v);
    verdict_free(&v);
    ck_assert_str_eq(buf_text(&notes.text), "");
    f.engine->journal = NULL;
    pass("external", "<a@b>", "there", &v);
    verdict_free(&v);
}
END_TEST

/* Everything that there can be, with neither a queue id nor a message id. */
START_TEST(all_facts_have_their_place)
{
    open_noted("");
    struct recipient r = {
        .text = (char[]){ "<Foo@example.com>" },
        .address = { .key = (char[]){ "foo@example.com" }, .kind = ADDRESS_MAILBOX },
        .home = HOME_PRIMARY,
        .mailbox = (char[]){ "box@example.com" },
        .target = (char[]){ "foo@peer" },
        .key = (char[]){ "coexist:user:box@example.com" },
        .why = (char[]){ "" },
        .stale = true,
        .age_s = 4000000000U,
        .loop = { LOOP_SUSPECT, LOOP_BY_RECEIVED | LOOP_BY_LEDGER, 2 },
        .decision = { ACTION_DIVERT, REASON_HOME_PEER, ACTION_DIVERT, false },
    };
    struct report report = { .engine = f.engine,
                             .recipient = &r,
                             .origin = ORIGIN_LOCAL,
                             .at = REPORT_AT_END,
                             .path = SPAN_LIT("S<P") };
    report_event(&report);
    report_log(&report);
    ck_assert_str_eq(buf_text(&notes.text),
                     "event=decide at=end node=s.example.net t=NOW queue= rcpt=foo@example.com "
                     "origin=local home=primary action=divert reason=home-peer to=foo@peer "
                     "alias-of=box@example.com key=coexist:user:box@example.com why= "
                     "loop=suspect passes=2 evidence=received,ledger path=S<P stale=4000000000\n");
    ck_assert_str_eq(buf_text(&f.log),
                     "info NOQUEUE: decide rcpt=foo@example.com "
                     "origin=local home=primary action=divert reason=home-peer to=foo@peer "
                     "alias-of=box@example.com key=coexist:user:box@example.com why=\"\" "
                     "loop=suspect passes=2 evidence=received,ledger path=S<P stale=4000000000\n");
}
END_TEST

/* Each record is remembered, some longer than others. */
static void fetch_stale(struct store *s, struct store_query *query, size_t n)
{
    (void)s;
    for (size_t i = 0; i < n; i++) {
        query[i].answer = query[i].kind == RECORD_USER ? STORE_FOUND : STORE_ABSENT;
        query[i].record = (struct record){ .kind = query[i].kind, .home = HOME_PRIMARY };
        query[i].stale = true;
        query[i].age_s = query[i].kind == RECORD_USER ? 60 : 90;
    }
}

START_TEST(a_remembered_record_is_told)
{
    static const struct store_ops ops = { .fetch = fetch_stale };
    struct store remembered = { &ops };
    struct verdict v;
    open_noted("");
    f.engine->store = &remembered;
    pass("external", "<a@b>", "there", &v);
    verdict_free(&v);
    ck_assert_ptr_nonnull(strstr(buf_text(&notes.text), " path=S stale=90\n"));
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "info QUEUEID: decide rcpt=there@"));
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), " path=S stale=90\n"));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tc = tcase_create("report");
    tcase_add_checked_fixture(tc, setup, close_noted);
    tcase_add_test(tc, a_refusal_is_told_at_once);
    tcase_add_test(tc, what_goes_on_is_told_when_it_is_through);
    tcase_add_test(tc, what_is_refused_at_the_end_is_told_once);
    tcase_add_test(tc, a_long_message_id_is_cut);
    tcase_add_test(tc, no_event_is_told_where_none_are_kept);
    tcase_add_test(tc, all_facts_have_their_place);
    tcase_add_test(tc, a_remembered_record_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
