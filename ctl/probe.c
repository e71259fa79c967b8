#include "ctl/probe.h"

#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "core/decision.h"
#include "ctl/event.h"
#include "ctl/probe_message.h"
#include "engine/report.h"
#include "sys/clock.h"

#define MICRO 1000
#define REFUSAL_MS 5000 /* the longest wait for the event of a refusal */
#define EVENTS_AT_ONCE "100"
#define NUMBER_MAX 12

static void stream_key(const struct probe *p, struct buf *key)
{
    buf_init(key, strlen(p->config->prefix) + sizeof("events"));
    buf_adds(key, p->config->prefix);
    buf_adds(key, "events");
}

static void stream_at(struct probe *p, struct span id)
{
    if (id.n > 0 && id.n < sizeof(p->stream_id))
        snprintf(p->stream_id, sizeof(p->stream_id), "%.*s", SPAN_ARG(id));
}

/* Where the stream ends now; an empty one at its beginning. */
static enum status note_end(struct probe *p)
{
    struct buf key;
    stream_key(p, &key);
    struct redis_reply *reply =
        LINK_ASK(p->link, "XREVRANGE", buf_text(&key), "+", "-", "COUNT", "1");
    buf_free(&key);
    stream_at(p, SPAN_LIT("0-0"));
    stream_at(p, redis_reply_text(redis_reply_item(redis_reply_item(reply, 0), 0)));
    redis_reply_free(reply);
    return reply ? STATUS_YES : STATUS_UNAVAILABLE;
}

enum status probe_begin(struct probe *p)
{
    bool made = probe_message_make(p);
    p->began_us = clock_monotonic_us();
    return made ? note_end(p) : STATUS_NO;
}

static int64_t elapsed_us(const struct probe *p)
{
    return clock_monotonic_us() - p->began_us;
}

void probe_send(struct probe *p)
{
    const struct submission s = {
        .sender = p->sender,
        .rcpt = p->rcpt->text,
        .helo = p->config->name,
        .message = buf_span(&p->message),
        .timeout_ms = p->timeout_ms,
    };
    p->began_us = clock_monotonic_us();
    if (p->host)
        submission_to(&s, p->host, &p->sent);
    else
        submission_pipe(&s, p->program, &p->sent);
    p->sent_us = elapsed_us(p);
}

/* An event about this very message; what is longer was cut when it was told. */
static bool is_of_message(const struct probe *p, const struct event *e)
{
    struct span id = buf_span(&p->message_id);
    if (id.n > REPORT_MESSAGE_ID_MAX)
        id.n = REPORT_MESSAGE_ID_MAX;
    return span_eq(event_get(e, "msgid"), id);
}

/* A refusal at RCPT comes before the header, and so without the Message-ID: it is known by what the
 * client was told. That of somebody else at the same moment would say the same. */
static bool is_of_refusal(const struct probe *p, const struct event *e)
{
    struct span told = buf_span(&p->sent.reply), reply = event_get(e, "reply");
    return !p->sent.taken && strcmp(p->sent.step, "RCPT") == 0 && event_is(e, "at", "rcpt") &&
           reply.n > 0 && told.n > reply.n && span_eq((struct span){ told.p, reply.n }, reply);
}

static bool is_about(const struct probe *p, const struct address *who, const struct event *e)
{
    return event_is_decision(e) && event_is(e, "rcpt", who->key) &&
           (is_of_message(p, e) || (who == p->rcpt && is_of_refusal(p, e)));
}

static void sight(const struct probe *p, struct probe_sight *seen, const struct event *e)
{
    if (seen->event)
        return;
    seen->event = event_json(e);
    seen->after_us = elapsed_us(p);
}

/* The first decision about each of the two counts; a later one of the same message is that of a
 * loop or of a retry. */
static void look_at(struct probe *p, const struct redis_reply *entry)
{
    struct event e;
    stream_at(p, redis_reply_text(redis_reply_item(entry, 0)));
    if (!event_read(entry, &e))
        return;
    if (is_about(p, p->rcpt, &e))
        sight(p, &p->decision, &e);
    else if (p->back && is_about(p, p->back, &e))
        sight(p, &p->returned, &e);
}

/* What XREAD answers: of the one stream its name and a list of entries; nil after a wait in vain.
 */
static void look_through(struct probe *p, const struct redis_reply *reply)
{
    const struct redis_reply *entries = redis_reply_item(redis_reply_item(reply, 0), 1);
    for (size_t i = 0; i < redis_reply_items(entries); i++)
        look_at(p, redis_reply_item(entries, i));
}

/* The events from there on, or none after so long. A server that bears that for longer does not
 * answer any more. */
static enum status read_on(struct probe *p, unsigned ms)
{
    char block[NUMBER_MAX];
    bool idle;
    struct buf key;
    stream_key(p, &key);
    snprintf(block, sizeof(block), "%u", ms);
    LINK_ADD(p->link, "XREAD", "COUNT", EVENTS_AT_ONCE, "BLOCK", block, "STREAMS", buf_text(&key),
             p->stream_id);
    buf_free(&key);
    if (!link_send(p->link))
        return STATUS_UNAVAILABLE;
    struct redis_reply *reply = link_wait(p->link, ms + LINK_TIMEOUT_MS, -1, &idle);
    bool good = reply && redis_reply_kind(reply) != REDIS_ERROR;
    if (good)
        look_through(p, reply);
    redis_reply_free(reply);
    return good ? STATUS_YES : STATUS_UNAVAILABLE;
}

static enum status wait_for(struct probe *p, const struct probe_sight *seen, int64_t until_us)
{
    while (!seen->event) {
        int64_t left_ms = (until_us - elapsed_us(p)) / MICRO;
        if (left_ms <= 0)
            break;
        if (read_on(p, (unsigned)left_ms) != STATUS_YES)
            return STATUS_UNAVAILABLE;
    }
    return STATUS_YES;
}

enum status probe_follow(struct probe *p)
{
    static const char *const steps[] = { "RCPT", "DATA", "message" };
    int64_t until = (int64_t)p->timeout_ms * MICRO;
    bool asked = p->sent.taken;
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        asked = asked || (p->sent.code > 0 && strcmp(p->sent.step, steps[i]) == 0);
    if (!asked)
        return STATUS_YES;
    if (!p->sent.taken && until > p->sent_us + REFUSAL_MS * MICRO)
        until = p->sent_us + REFUSAL_MS * MICRO;
    return wait_for(p, &p->decision, until);
}

enum status probe_follow_back(struct probe *p)
{
    return wait_for(p, &p->returned, (int64_t)p->timeout_ms * MICRO);
}

void probe_free(struct probe *p)
{
    buf_free(&p->message_id);
    buf_free(&p->message);
    submitted_free(&p->sent);
    json_decref(p->decision.event);
    json_decref(p->returned.event);
    p->decision.event = p->returned.event = NULL;
}

const char *probe_word(const struct probe_sight *seen, const char *name)
{
    return json_string_value(json_object_get(seen->event, name));
}

static bool word_is(const struct probe_sight *seen, const char *name, const char *value)
{
    const char *word = probe_word(seen, name);
    return word && strcmp(word, value) == 0;
}

bool probe_goes_on(const struct probe_sight *seen)
{
    for (int a = ACTION_LEAVE; a <= ACTION_LOOP_MAILBOX; a++)
        if (action_goes_on((enum action)a) && word_is(seen, "action", action_name((enum action)a)))
            return true;
    return word_is(seen, "mode", mode_name(MODE_OBSERVE));
}
