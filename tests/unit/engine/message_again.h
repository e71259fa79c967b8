#ifndef COEXIST_TESTS_MESSAGE_AGAIN_H
#define COEXIST_TESTS_MESSAGE_AGAIN_H

#include <string.h>

#include "tests/support/engine_fixture.h"
#include "tests/support/unit.h"

/* A message that passes the engine several times, and keeps the traces that it gets. */

#define OPTIONS "loop_mailbox = \"loops@s.example.net\"\n"
#define MESSAGE_ID "Message-ID: <1@example.org>\n"
#define ROUND                                                                                      \
    "Received: from s.example.net by p.example.net; x\nReceived: from mx by s.example.net\n"

static struct engine_fixture f;
static char *header;

static inline void setup(void)
{
    header = strdup(MESSAGE_ID);
}

static inline void teardown(void)
{
    free(header);
    engine_fixture_close(&f);
}

static inline void open_with(const char *options)
{
    engine_fixture_open(&f, options);
    engine_fixture_user(&f, "here@example.com", "home", "secondary");
    engine_fixture_user(&f, "there@example.com", "home", "primary");
    engine_fixture_user(&f, "both@example.com", "home", "both");
    engine_fixture_user(&f, "alias@example.com", "alias", "there@example.com");
}

/* The present header below those fields. */
static inline void put_on_top(const char *fields)
{
    struct buf text;
    buf_init(&text, 1000000);
    buf_adds(&text, fields);
    buf_adds(&text, header);
    ck_assert(buf_ok(&text));
    free(header);
    header = buf_take(&text);
}

/* Puts the message with its present header to the engine, and the trace that it gets on top of it.
 * recipients: local parts at example.com, or whole addresses, with blanks between. */
static inline void pass(const char *who, const char *sender, const char *recipients,
                        struct verdict *v)
{
    fixture_pass(&f, who, sender, recipients, header, v);
    const char *trace = fixture_inserted(v, "X-Coexist-Trace");
    if (v->reply.code || !trace)
        return;
    struct buf field;
    buf_init(&field, 70000);
    buf_addf(&field, "X-Coexist-Trace: %s\n", trace);
    put_on_top(buf_text(&field));
    buf_free(&field);
}

/* The message has gone to the peer, and comes again from a host that nobody takes for it. */
static inline void go_round(const char *recipients)
{
    struct verdict v;
    pass("external", "<a@b>", recipients, &v);
    ck_assert_int_eq(v.reply.code, 0);
    verdict_free(&v);
    put_on_top(ROUND);
}

/* The verdict on the message as it is now, as text. */
static inline const char *judge(const char *sender, const char *recipients, struct verdict *v)
{
    pass("external", sender, recipients, v);
    return fixture_text(v);
}

#define LOOP                                                                                       \
    "insert X-Coexist-Loop: verdict=pingpong; passes=2; evidence=trace,received; path=S<P<S\n"
#define ROUTE(way, reason)                                                                         \
    "insert X-Coexist-Route: node=s.example.net; route=" way "; reason=" reason "\n"
#define TRACE "insert X-Coexist-Trace\n"
#define GOES(user)                                                                                 \
    "add <" user "@example.com.peer.invalid> ORCPT=rfc822;" user "@example.com\n"                  \
    "delete <" user "@example.com>\n"
#define ASIDE(user)                                                                                \
    "add <loops@s.example.net> ORCPT=rfc822;" user "@example.com\n"                                \
    "delete <" user "@example.com>\n"

#endif
