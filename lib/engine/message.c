#include "engine/message.h"

#include <stdlib.h>

#include "engine/envelope.h"
#include "engine/explain.h"
#include "engine/stamp.h"
#include "sys/log.h"
#include "sys/random.h"

#define FRESH_ID_LEN 11
#define HOLD_TEXT_MAX 400
#define HOLD_PATH_VISITS 12
#define TOO_MANY "too many recipients (coexist)"
#define UNREADABLE "the address cannot be read with certainty: write user@domain (coexist)"
#define NO_MEMORY "out of memory, try again later (coexist)"

struct message {
    struct engine *engine;
    enum origin origin;
    bool smtp;
    bool authenticated;
    bool null_sender;
    struct recipient *recipient;
    size_t recipients;
    size_t room;
    struct facts facts;
    struct path path;
    /* A recipient is missing that could not be refused at RCPT. */
    bool too_many;
    bool no_memory;
};

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
    m->null_sender = is_null_sender(sender);
    return m;
}

void message_free(struct message *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->recipients; i++)
        recipient_free(&m->recipient[i]);
    free(m->recipient);
    facts_free(&m->facts);
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

static struct surroundings surroundings_of(const struct message *m, bool alone)
{
    return (struct surroundings){
        .origin = m->origin,
        .null_sender = m->null_sender,
        .auto_submitted = m->facts.auto_submitted,
        .imip = m->facts.imip,
        .alone = alone,
    };
}

/* The header that identifies the peer is still to come. */
static bool may_be_peer(const struct message *m)
{
    const struct engine *e = m->engine;
    return m->smtp && !m->authenticated &&
           span_present(e->identify[system_other(e->config->node)].header);
}

/* No way to the peer is known, and none is needed if the message comes from there. */
static bool header_may_tell(const struct message *m, const struct recipient *r)
{
    return r->decision.reason == REASON_NO_ROUTE && may_be_peer(m);
}

/* A filter that only observes somewhere, and enforces nowhere, refuses nothing. */
static bool enforces(const struct engine *e)
{
    for (size_t i = 0; i < e->config->domains; i++)
        if (e->config->domain[i].mode == MODE_ENFORCE)
            return true;
    return false;
}

/* The answer to a recipient by itself; code 0 where it is taken, for now. */
static void answer_recipient(const struct message *m, struct recipient *r, const char *queue_id,
                             struct reply *reply)
{
    struct surroundings around = surroundings_of(m, true);
    recipient_decide(r, m->engine, &around);
    if (!m->smtp)
        return;
    if (r->unreadable && enforces(m->engine)) {
        struct log_line l;
        reply_set(reply, 501, "5.1.3", span_of(UNREADABLE));
        log_begin(&l, LOG_LEVEL_WARNING, queue_id, "unreadable");
        log_text(&l, "rcpt", r->text);
        log_text(&l, "origin", origin_name(m->origin));
        log_end(&l);
    } else if (recipient_is_acted_on(r) && !header_may_tell(m, r)) {
        explain_reply(r, m->engine, m->origin, NULL, reply);
        if (reply->code != 0)
            explain_log(r, m->engine, queue_id, m->origin, NULL);
    }
}

void message_recipient(struct message *m, struct span text, struct span params,
                       const char *queue_id, struct reply *reply)
{
    *reply = (struct reply){ 0 };
    if (m->recipients == MESSAGE_RECIPIENTS_MAX) {
        m->too_many = !m->smtp;
        if (m->smtp)
            reply_set(reply, 452, "4.5.3", span_of(TOO_MANY));
        return;
    }
    struct recipient r = { 0 };
    if (!grow(m) || !recipient_init(&r, m->engine, text, params)) {
        recipient_free(&r);
        m->no_memory = !m->smtp;
        if (m->smtp)
            reply_set(reply, 451, "4.3.0", span_of(NO_MEMORY));
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

static enum loop_outcome outcome_of(const struct recipient *r)
{
    switch (r->decision.route) {
    case ACTION_DIVERT:
        return LOOP_TO_PEER;
    case ACTION_BOTH:
        return LOOP_BOTH;
    default:
        return LOOP_KEPT;
    }
}

/* Hops that count for a return: those of this journey. */
static size_t journey_hops(const struct facts *f)
{
    return f->hops_journey < f->hops ? f->hops_journey : f->hops;
}

static void judge(struct message *m, struct recipient *r)
{
    const struct engine *e = m->engine;
    struct loop_input in = {
        .node = e->config->node,
        .origin = m->origin,
        .outcome = outcome_of(r),
        .observe = r->decision.observed,
        .recipient = span_of(r->address.key),
        .mailbox = span_of(r->mailbox),
        .trace = m->facts.trace,
        .traces = m->facts.traces,
        .older = m->facts.other,
        .olders = m->facts.others,
        .keys = e->keys,
        .path = &m->path,
        .hop = m->facts.hop,
        .hops = journey_hops(&m->facts),
        .hops_total = m->facts.hops_total,
        .max_crossings = e->config->max_crossings,
        .max_hops = e->config->max_hops,
    };
    r->loop = loop_judge(&in);
    r->peer_has_had = loop_peer_has_had(&in);
}

/* Some recipient is delivered or sent on, so that the message as a whole cannot be refused. For one
 * that is observed, as it would be if all were enforced. */
static bool anybody_goes_on(const struct message *m, bool observed)
{
    for (size_t i = 0; i < m->recipients; i++) {
        const struct decision *d = &m->recipient[i].decision;
        if ((d->observed && !observed) || action_goes_on(d->action))
            return true;
    }
    return false;
}

static void decide_all(struct message *m)
{
    struct surroundings around = surroundings_of(m, true);
    for (size_t i = 0; i < m->recipients; i++)
        recipient_decide(&m->recipient[i], m->engine, &around);
}

/* Once more, with regard to each other. */
static void decide_together(struct message *m)
{
    const bool goes_on[] = { anybody_goes_on(m, false), anybody_goes_on(m, true) };
    for (size_t i = 0; i < m->recipients; i++) {
        struct recipient *r = &m->recipient[i];
        struct surroundings around = surroundings_of(m, !goes_on[r->decision.observed]);
        recipient_decide(r, m->engine, &around);
    }
}

static void decide_message(struct message *m)
{
    if (m->facts.peer_identified && may_be_peer(m))
        m->origin = ORIGIN_PEER;
    path_build(m->facts.hop, journey_hops(&m->facts), m->engine->site, m->engine->config->node,
               &m->path);
    decide_all(m);
    for (size_t i = 0; i < m->recipients; i++)
        if (m->recipient[i].decision.action != ACTION_LEAVE)
            judge(m, &m->recipient[i]);
    decide_all(m);
    decide_together(m);
}

static const struct recipient *first_with(const struct message *m, enum action action)
{
    for (size_t i = 0; i < m->recipients; i++)
        if (recipient_is_acted_on(&m->recipient[i]) && m->recipient[i].decision.action == action)
            return &m->recipient[i];
    return NULL;
}

/* The answer for the whole message: it waits as long as one of its recipients must; else what is to
 * be held is held; it is rejected only when nothing else is left. */
static void answer(const struct message *m, struct verdict *v)
{
    const struct recipient *held = first_with(m, ACTION_HOLD);
    const struct recipient *refused = first_with(m, ACTION_DEFER);
    if (!refused && !held)
        refused = first_with(m, ACTION_REJECT);
    if (held && !refused) {
        struct buf why;
        buf_init(&why, HOLD_TEXT_MAX);
        buf_addf(&why, "coexist: %s path=", reason_name(held->decision.reason));
        path_write(&m->path, HOLD_PATH_VISITS, &why);
        verdict_add(v, EDIT_HOLD, SPAN_ABSENT, buf_span(&why), 0);
        buf_free(&why);
    }
    if (refused)
        explain_reply(refused, m->engine, m->origin, &m->path, &v->reply);
}

static void edit(const struct message *m, int64_t now, struct verdict *v)
{
    char id[FRESH_ID_LEN + 1];
    if (!random_name(id, FRESH_ID_LEN)) {
        v->failed = true;
        return;
    }
    struct stamp s = {
        .engine = m->engine,
        .facts = &m->facts,
        .path = &m->path,
        .recipient = m->recipient,
        .recipients = m->recipients,
        .origin = m->origin,
        .now = now,
        .fresh_id = span_of(id),
    };
    envelope_plan(m->recipient, m->recipients, m->engine, v);
    stamp_remove_forged(&m->facts, v);
    stamp_insert(&s, v);
}

/* What bears on the whole message, one line for each thing worth telling. */
static void log_facts(const struct message *m, const char *queue_id, const struct verdict *v)
{
    struct log_line l;
    if (m->facts.forged > 0) {
        log_begin(&l, LOG_LEVEL_WARNING, queue_id, "forged");
        log_text(&l, "origin", origin_name(m->origin));
        log_number(&l, "removed", (long long)m->facts.forged);
        if (m->facts.trace_fault != TRACE_VALID)
            log_text(&l, "trace", trace_verdict_name(m->facts.trace_fault));
        log_end(&l);
    }
    if (v->untraced) {
        log_begin(&l, LOG_LEVEL_WARNING, queue_id, "untraced");
        log_number(&l, "recipients", (long long)m->recipients);
        log_end(&l);
    }
    log_begin(&l, LOG_LEVEL_DEBUG, queue_id, "message");
    log_text(&l, "origin", origin_name(m->origin));
    log_number(&l, "recipients", (long long)m->recipients);
    log_number(&l, "hops", (long long)m->facts.hops_total);
    log_number(&l, "traces", (long long)m->facts.traces);
    log_number(&l, "older-traces", (long long)m->facts.others);
    log_number(&l, "edits", (long long)v->edits);
    log_end(&l);
}

static void log_message(const struct message *m, const char *queue_id, const struct verdict *v)
{
    for (size_t i = 0; i < m->recipients; i++)
        if (m->recipient[i].decision.action != ACTION_LEAVE)
            explain_log(&m->recipient[i], m->engine, queue_id, m->origin, &m->path);
    log_facts(m, queue_id, v);
}

/* A message that is refused as a whole, whoever its recipients are. */
static void refuse(const struct message *m, const char *queue_id, int code, const char *status,
                   const char *text, struct verdict *out)
{
    struct log_line l;
    reply_set(&out->reply, code, status, span_of(text));
    log_begin(&l, code < 500 ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, queue_id, "refuse");
    log_text(&l, "origin", origin_name(m->origin));
    log_text(&l, "status", status);
    log_text(&l, "why", text);
    log_end(&l);
}

void message_end(struct message *m, const char *queue_id, int64_t now, struct verdict *out)
{
    *out = (struct verdict){ 0 };
    if (m->facts.too_many) {
        refuse(m, queue_id, 550, "5.6.0", "too many X-Coexist fields (coexist)", out);
        return;
    }
    /* Put off, it would come again with as many: sendmail(1) would never be rid of it. */
    if (m->too_many) {
        refuse(m, queue_id, 550, "5.5.3", TOO_MANY, out);
        return;
    }
    if (m->recipients == 0 && !m->no_memory)
        return;
    facts_finish(&m->facts, m->engine->keys);
    decide_message(m);
    answer(m, out);
    if (out->reply.code == 0)
        edit(m, now, out);
    if (out->failed || m->no_memory || m->facts.no_memory) {
        verdict_free(out);
        refuse(m, queue_id, 451, "4.3.0", NO_MEMORY, out);
        return;
    }
    log_message(m, queue_id, out);
}
