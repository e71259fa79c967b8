#include "engine/message_state.h"

#include <stdlib.h>

#include "engine/breaker.h"
#include "engine/explain.h"
#include "engine/report.h"
#include "sys/log.h"

#define PATH_TEXT_MAX 256
#define UNREADABLE "the address cannot be read with certainty: write user@domain (coexist)"

static bool is_null_sender(struct span sender)
{
    struct address a;
    if (sender.n == 0)
        return true;
    if (address_parse(sender, &a) != RESULT_OK)
        return false;
    bool null = a.kind == ADDRESS_NULL;
    address_free(&a);
    return null;
}

struct message *message_new(struct engine *e, const struct client *client, struct span sender)
{
    struct message *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    m->engine = engine_ref(e);
    m->origin = client_origin(e, client);
    m->smtp = client->smtp;
    m->authenticated = client->authenticated;
    m->bodiless = client->bodiless;
    m->null_sender = is_null_sender(sender);
    buf_init(&m->path_text, PATH_TEXT_MAX);
    return m;
}

void message_free(struct message *m)
{
    if (!m)
        return;
    meter_message(m->engine->meter, m->outcome);
    for (size_t i = 0; i < m->recipients; i++)
        recipient_free(&m->recipient[i]);
    free(m->recipient);
    facts_free(&m->facts);
    free(m->imip);
    buf_free(&m->path_text);
    engine_unref(m->engine);
    free(m);
}

static bool grow(struct message *m)
{
    if (m->recipients < m->room)
        return true;
    size_t room = m->room ? m->room * 2 : 4;
    struct recipient *r = realloc(m->recipient, room * sizeof(*r));
    if (!r)
        return false;
    m->recipient = r;
    m->room = room;
    return true;
}

struct surroundings message_surroundings(const struct message *m, bool alone)
{
    return (struct surroundings){
        .origin = m->origin,
        .null_sender = m->null_sender,
        .auto_submitted = m->facts.auto_submitted,
        .imip = m->facts.imip,
        .alone = alone,
    };
}

bool message_may_be_peer(const struct message *m)
{
    const struct engine *e = m->engine;
    return m->smtp && !m->authenticated &&
           span_present(e->identify[system_other(e->config->node)].header);
}

void message_watch(struct message *m, void (*decided)(void *arg, const struct message_decided *d),
                   void *arg)
{
    m->decided = decided;
    m->decided_arg = arg;
}

/* No way to the peer is known, and none is needed if the message comes from there. */
static bool header_may_tell(const struct message *m, const struct recipient *r)
{
    return r->decision.reason == REASON_NO_ROUTE && message_may_be_peer(m);
}

/* A filter that only observes somewhere, and enforces nowhere, refuses nothing. */
static bool enforces(const struct engine *e)
{
    for (size_t i = 0; i < e->config->domains; i++)
        if (e->config->domain[i].mode == MODE_ENFORCE)
            return true;
    return false;
}

static void tell_refused(const struct message *m, const struct recipient *r, const char *queue_id,
                         const struct reply *reply)
{
    struct report report = {
        .engine = m->engine,
        .recipient = r,
        .origin = m->origin,
        .at = REPORT_AT_RCPT,
        .queue_id = queue_id,
        .reply = reply,
    };
    report_log(&report);
    report_event(&report);
    meter_recipient(m->engine->meter, r);
    breaker_count(m->engine, r, &(struct breaker_case){ .origin = m->origin });
}

static void tell_unreadable(const struct message *m, const struct recipient *r,
                            const char *queue_id)
{
    struct log_line l;
    log_begin(&l, LOG_LEVEL_WARNING, queue_id, "unreadable");
    log_text(&l, "rcpt", r->text);
    log_text(&l, "origin", origin_name(m->origin));
    log_end(&l);
}

/* The answer to a recipient by itself; code 0 where it is taken, for now. */
static void answer_recipient(const struct message *m, struct recipient *r, const char *queue_id,
                             struct reply *reply)
{
    struct surroundings around = message_surroundings(m, true);
    recipient_decide(r, m->engine, &around);
    if (m->decided)
        m->decided(m->decided_arg, &(struct message_decided){
                                       .recipient = r,
                                       .input = recipient_decision_input(r, m->engine, &around),
                                       .origin = m->origin,
                                   });
    if (!m->smtp)
        return;
    if (r->unreadable && enforces(m->engine)) {
        reply_set(reply, 501, "5.1.3", span_of(UNREADABLE));
        meter_undecided(m->engine->meter, UNDECIDED_UNREADABLE);
        tell_unreadable(m, r, queue_id);
    } else if (recipient_is_acted_on(r) && !header_may_tell(m, r)) {
        explain_reply(r, m->engine, m->origin, NULL, reply);
        if (reply->code != 0)
            tell_refused(m, r, queue_id, reply);
    }
}

void message_recipient(struct message *m, struct span text, struct span params,
                       const char *queue_id, struct reply *reply)
{
    *reply = (struct reply){ 0 };
    if (m->recipients == MESSAGE_RECIPIENTS_MAX) {
        m->too_many = !m->smtp;
        meter_undecided(m->engine->meter, UNDECIDED_TOO_MANY);
        if (m->smtp)
            reply_set(reply, 452, "4.5.3", span_of(MESSAGE_TOO_MANY));
        return;
    }
    struct recipient r = { 0 };
    if (!grow(m) || !recipient_init(&r, m->engine, text, params)) {
        recipient_free(&r);
        m->no_memory = !m->smtp;
        meter_undecided(m->engine->meter, UNDECIDED_NO_MEMORY);
        if (m->smtp)
            reply_set(reply, 451, "4.3.0", span_of(MESSAGE_NO_MEMORY));
        return;
    }
    answer_recipient(m, &r, queue_id, reply);
    if (reply->code == 0)
        m->recipient[m->recipients++] = r;
    else
        recipient_free(&r);
}

void message_header(struct message *m, struct span name, struct span value)
{
    facts_header(&m->facts, m->engine, name, value);
}

void message_took(const struct message *m, enum message_step step, int64_t us)
{
    meter_took(m->engine->meter, step == MESSAGE_AT_RCPT ? METER_RCPT : METER_END, us);
}
