#include "ctl/probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "core/decision.h"
#include "ctl/probe_message.h"
#include "engine/report.h"
#include "state/fault.h"
#include "sys/clock.h"

#define MICRO 1000
#define REFUSAL_MS 5000 /* the longest wait for the event of a refusal */
#define NUMBER_MAX 24

enum status probe_begin(struct probe *p)
{
    bool made = probe_message_make(p);
    p->began_us = clock_monotonic_us();
    return made ? stream_newest(p->stream, &p->after) : STATUS_NO;
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
static bool look_at(void *arg, const struct event *e)
{
    struct probe *p = arg;
    if (is_about(p, p->rcpt, e))
        sight(p, &p->decision, e);
    else if (p->back && is_about(p, p->back, e))
        sight(p, &p->returned, e);
    return true;
}

static bool ask_for_news(const struct probe *p, unsigned ms)
{
    char id[2 * NUMBER_MAX], block[NUMBER_MAX];
    struct link *l = p->stream->link;
    snprintf(id, sizeof(id), "%" PRIu64 "-%" PRIu64, p->after.ms, p->after.seq);
    snprintf(block, sizeof(block), "%u", ms);
    LINK_ADD(l, "XREAD", "COUNT", "1", "BLOCK", block, "STREAMS", p->stream->key, id);
    return link_send(l);
}

/* Returns when there is an event behind the last one, or so much time has passed. What the answer
 * holds does not matter: it is read as a page. */
static bool wait_for_news(const struct probe *p, unsigned ms)
{
    struct link *l = p->stream->link;
    char why[RECORD_FAULT_MAX];
    bool idle;
    if (!ask_for_news(p, ms))
        return false;
    struct redis_reply *reply = link_wait(l, ms + LINK_TIMEOUT_MS, -1, &idle);
    bool good = reply ? redis_reply_kind(reply) != REDIS_ERROR : !idle && link_too_long(l);
    if (idle)
        link_fail(l, "no answer in time");
    if (reply && !good) {
        fault_set(why, "Redis refuses: %.*s", SPAN_ARG(redis_reply_error_words(reply)));
        link_fail(l, why);
    }
    redis_reply_free(reply);
    return good;
}

static enum status wait_for(struct probe *p, const struct probe_sight *seen, int64_t until_us)
{
    while (!seen->event) {
        int64_t left_ms = (until_us - elapsed_us(p)) / MICRO;
        if (left_ms <= 0)
            break;
        if (!wait_for_news(p, (unsigned)left_ms) ||
            stream_forward(p->stream, &p->after, look_at, p) != STATUS_YES)
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
