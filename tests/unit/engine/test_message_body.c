#include "tests/support/engine_fixture.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "state/memory_store.h"

/* Invitations that only the body tells. */

#define MULTIPART "Content-Type: multipart/alternative; boundary=\"b\"\n"
#define REQUEST                                                                                    \
    "--b\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n--b--\r\n"
#define PLAIN "--b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n--b--\r\n"
#define CALENDAR "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
#define CALENDAR_BASE64 "QkVHSU46VkNBTEVOREFSDQpNRVRIT0Q6UkVRVUVTVA0KRU5EOlZDQUxFTkRBUg0K\r\n"

static struct engine_fixture f;

static void setup(void)
{
    engine_fixture_open(&f,
                        "domain \"off.example\" { calendar = off route = \"%u@peer.invalid\" }\n");
    engine_fixture_user(&f, "both@example.com", "home", "both");
    engine_fixture_user(&f, "room@example.com", "home", "both");
    engine_fixture_user(&f, "room@example.com", "calendar", "secondary");
    engine_fixture_user(&f, "here@example.com", "home", "secondary");
    engine_fixture_user(&f, "off@off.example", "home", "both");
    engine_fixture_user(&f, "both@watched.example", "home", "both");
    ck_assert(memory_store_set(f.engine->store, RECORD_GROUP, "staff", "home", "both"));
    engine_fixture_user(&f, "member@example.com", "group", "staff");
}

static void teardown(void)
{
    engine_fixture_close(&f);
}

/* Feeds the body by pieces of that size; the number of those that were taken before one was the
 * last that is needed. */
static size_t feed(struct message *m, struct span body, size_t size)
{
    size_t n = 0;
    for (; body.n > 0; body = span_from(body, size)) {
        struct span piece = unit_exact((struct span){ body.p, size < body.n ? size : body.n });
        bool more = message_body(m, piece);
        free((void *)(uintptr_t)piece.p);
        if (!more)
            break;
        n++;
    }
    return n;
}

static const struct row {
    const char *name, *who, *recipient, *header, *body;
    bool read; /* more than its first piece was asked for */
    const char *reason;
} rows[] = {
    { "an invitation", "external", "both@example.com", MULTIPART, REQUEST, true,
      "peer; reason=calendar" },
    { "to where its calendar is", "external", "room@example.com", MULTIPART, REQUEST, true,
      "here; reason=calendar" },
    { "to a member of a group", "external", "member@example.com", MULTIPART, REQUEST, true,
      "peer; reason=calendar" },
    { "from this system", "local", "both@example.com", MULTIPART, REQUEST, true,
      "peer; reason=calendar" },
    { "submitted", "sendmail", "both@example.com", MULTIPART, REQUEST, true,
      "peer; reason=calendar" },
    { "none", "external", "both@example.com", MULTIPART, PLAIN, true, "mixed; reason=dual" },
    { "a calendar alone", "external", "both@example.com", "Content-Type: text/calendar\n", CALENDAR,
      true, "peer; reason=calendar" },
    { "and encoded", "external", "both@example.com",
      "Content-Transfer-Encoding: base64\nContent-Type: text/calendar\n", CALENDAR_BASE64, true,
      "peer; reason=calendar" },
    { "observed", "external", "both@watched.example", MULTIPART, REQUEST, true,
      "peer; reason=calendar; mode=observe" },
    { "from the peer", "peer", "both@example.com", MULTIPART, REQUEST, false,
      "here; reason=split-horizon" },
    { "from the peer, as a field says", "external", "both@example.com",
      FIXTURE_PROOF "\n" MULTIPART, REQUEST, false, "here; reason=split-horizon" },
    { "to one who lives here", "external", "here@example.com", MULTIPART, REQUEST, false,
      "here; reason=home-here" },
    { "switched off", "external", "off@off.example", MULTIPART, REQUEST, false,
      "mixed; reason=dual" },
    { "switched off, and the header says it", "external", "off@off.example",
      "Content-Type: text/calendar; method=REQUEST\n", CALENDAR, false, "peer; reason=calendar" },
    { "the header says it", "external", "both@example.com",
      "Content-Type: text/calendar; method=REQUEST\n", CALENDAR, false, "peer; reason=calendar" },
    { "the header denies it", "external", "both@example.com", "Content-Type: text/plain\n", REQUEST,
      false, "mixed; reason=dual" },
    { "no type", "external", "both@example.com", "Subject: x\n", REQUEST, false,
      "mixed; reason=dual" },
    { "the first type counts", "external", "both@example.com",
      "Content-Type: text/plain\n" MULTIPART, REQUEST, false, "mixed; reason=dual" },
};

START_TEST(the_body_is_asked_where_it_decides)
{
    static const size_t sizes[] = { 1, 7, 65535 };
    const struct row *row = &rows[_i];
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct verdict v;
        char rcpt[100], want[200];
        struct message *m = fixture_message(&f, row->who, "<a@sender.example>");
        snprintf(rcpt, sizeof(rcpt), "<%s>", row->recipient);
        ck_assert_int_eq(fixture_rcpt(m, rcpt), 0);
        fixture_header(m, row->header);
        size_t taken = feed(m, span_of(row->body), sizes[i]);
        if (sizes[i] == 1)
            ck_assert_msg((taken > 0) == row->read, "%s: %zu pieces", row->name, taken);
        fixture_end(m, &v);
        snprintf(want, sizeof(want), "node=s.example.net; route=%s", row->reason);
        const char *route = fixture_inserted(&v, "X-Coexist-Route");
        ck_assert_msg(route && strcmp(route, want) == 0, "%s: %s", row->name,
                      route ? route : fixture_text(&v));
        verdict_free(&v);
        message_free(m);
    }
}
END_TEST

START_TEST(no_more_is_read_than_tells)
{
    struct verdict v;
    struct message *m = fixture_message(&f, "external", "<a@sender.example>");
    fixture_rcpt(m, "<both@example.com>");
    fixture_header(m, MULTIPART);
    ck_assert_uint_eq(feed(m, SPAN_LIT("--b\r\nContent-Type: text/calendar; method=x\r\n"), 100),
                      1);
    ck_assert(!message_body(m, SPAN_LIT("\r\n")));
    ck_assert(!message_body(m, SPAN_LIT("and so on")));
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_inserted(&v, "X-Coexist-Route"),
                     "node=s.example.net; route=peer; reason=calendar");
    verdict_free(&v);
    message_free(m);
}
END_TEST

/* A connection that began before any mailbox was known to live on both. */
static const struct {
    const char *recipient, *header;
    int code;
} bodiless[] = {
    { "<both@example.com>", MULTIPART, 451 },
    { "<both@example.com>", "Content-Type: text/calendar\n", 451 },
    { "<both@example.com>", "Content-Type: text/calendar; method=REQUEST\n", 0 },
    { "<both@example.com>", "Content-Type: text/plain\n", 0 },
    { "<both@example.com>", "Subject: x\n", 0 },
    { "<here@example.com>", MULTIPART, 0 },
    { "<off@off.example>", MULTIPART, 0 },
    { "<both@watched.example>", MULTIPART, 0 },
};

START_TEST(what_cannot_be_read_waits)
{
    const struct client c = { .smtp = true, .bodiless = true };
    struct verdict v;
    struct message *m = message_new(f.engine, &c, SPAN_LIT("<a@sender.example>"));
    ck_assert_int_eq(fixture_rcpt(m, bodiless[_i].recipient), 0);
    fixture_header(m, bodiless[_i].header);
    fixture_end(m, &v);
    ck_assert_int_eq(v.reply.code, bodiless[_i].code);
    if (v.reply.code) {
        ck_assert_str_eq(v.reply.status, "4.3.0");
        ck_assert_ptr_nonnull(strstr(v.reply.text, "invitation"));
        ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "warning QUEUEID: body-unread"));
    }
    verdict_free(&v);
    message_free(m);
}
END_TEST

START_TEST(bodies_are_asked_for_once_somebody_lives_on_both)
{
    static const char *const recipients[] = { "<here@example.com>", "<off@off.example>",
                                              "<nobody@example.com>" };
    struct message *m = fixture_message(&f, "external", "<a@sender.example>");
    for (size_t i = 0; i < COUNT_OF(recipients); i++)
        fixture_rcpt(m, recipients[i]);
    ck_assert(!engine_reads_bodies(f.engine));
    fixture_rcpt(m, "<both@example.com>");
    ck_assert(engine_reads_bodies(f.engine));
    message_free(m);
    ck_assert(engine_reads_bodies(f.engine));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("message_body");
    TCase *tc = tcase_create("message_body");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, the_body_is_asked_where_it_decides, 0, COUNT_OF(rows));
    tcase_add_test(tc, no_more_is_read_than_tells);
    tcase_add_loop_test(tc, what_cannot_be_read_waits, 0, COUNT_OF(bodiless));
    tcase_add_test(tc, bodies_are_asked_for_once_somebody_lives_on_both);
    suite_add_tcase(s, tc);
    return s;
}
