#include "engine/message_state.h"

#include "engine/breaker.h"
#include "engine/envelope.h"
#include "engine/explain.h"
#include "engine/report.h"
#include "engine/stamp.h"
#include "engine/visits.h"
#include "sys/log.h"
#include "sys/random.h"

#define FRESH_ID_LEN 11
#define HOLD_TEXT_MAX 400
#define HOLD_PATH_VISITS 12

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
        .conflict = recipient_is_conflict(r),
        .remembered = r->remembered,
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
    struct surroundings around = message_surroundings(m, true);
    for (size_t i = 0; i < m->recipients; i++)
        recipient_decide(&m->recipient[i], m->engine, &around);
}

static void tell_watcher(const struct message *m, const struct recipient *r,
                         const struct surroundings *around)
{
    if (m->decided)
        m->decided(m->decided_arg, &(struct message_decided){
                                       .recipient = r,
                                       .input = recipient_decision_input(r, m->engine, around),
                                       .origin = m->origin,
                                       .facts = &m->facts,
                                       .path = &m->path,
                                   });
}

/* Once more, with regard to each other. */
static void decide_together(struct message *m)
{
    const bool goes_on[] = { anybody_goes_on(m, false), anybody_goes_on(m, true) };
    for (size_t i = 0; i < m->recipients; i++) {
        struct recipient *r = &m->recipient[i];
        struct surroundings around = message_surroundings(m, !goes_on[r->decision.observed]);
        recipient_decide(r, m->engine, &around);
        tell_watcher(m, r, &around);
    }
}

static void decide_message(struct message *m, const char *queue_id)
{
    if (m->facts.peer_identified && message_may_be_peer(m))
        m->origin = ORIGIN_PEER;
    message_body_end(m);
    path_build(m->facts.hop, journey_hops(&m->facts), m->engine->site, m->engine->config->node,
               &m->path);
    path_write(&m->path, EXPLAIN_PATH_VISITS, &m->path_text);
    decide_all(m);
    visits_recall(m, queue_id);
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
    else if (message_misses_body(m))
        reply_set(&v->reply, 451, "4.3.0", span_of(MESSAGE_UNREAD));
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
    if (message_misses_body(m)) {
        log_begin(&l, LOG_LEVEL_WARNING, queue_id, "body-unread");
        log_text(&l, "why", "the MTA is asked for bodies from its next connection on");
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

static struct report report_of(const struct message *m, size_t i, const char *queue_id)
{
    return (struct report){
        .engine = m->engine,
        .recipient = &m->recipient[i],
        .origin = m->origin,
        .at = REPORT_AT_END,
        .queue_id = queue_id,
        .path = buf_span(&m->path_text),
        .message_id = m->facts.message_id,
    };
}

static void log_message(const struct message *m, const char *queue_id, const struct verdict *v)
{
    for (size_t i = 0; i < m->recipients; i++) {
        struct report report = report_of(m, i, queue_id);
        meter_recipient(m->engine->meter, &m->recipient[i]);
        if (m->recipient[i].decision.action != ACTION_LEAVE)
            report_log(&report);
    }
    log_facts(m, queue_id, v);
}

static void tell_events(const struct message *m, const char *queue_id, const struct reply *reply)
{
    for (size_t i = 0; i < m->recipients; i++) {
        struct report report = report_of(m, i, queue_id);
        report.reply = reply;
        if (m->recipient[i].decision.action != ACTION_LEAVE)
            report_event(&report);
    }
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

static void count_strikes(const struct message *m, int64_t now)
{
    const struct breaker_case around = {
        .origin = m->origin,
        .authenticated = m->authenticated,
        .now = now,
        .traced = m->facts.traces > 0 ? m->facts.trace[0].time : 0,
    };
    for (size_t i = 0; i < m->recipients; i++)
        breaker_count(m->engine, &m->recipient[i], &around);
}

/* The verdict on a message that is not refused unread. */
static void conclude(struct message *m, const char *queue_id, int64_t now, struct verdict *out)
{
    facts_finish(&m->facts, m->engine->keys);
    decide_message(m, queue_id);
    answer(m, out);
    if (out->reply.code == 0)
        edit(m, now, out);
    if (out->failed || m->no_memory || m->facts.no_memory) {
        verdict_free(out);
        refuse(m, queue_id, 451, "4.3.0", MESSAGE_NO_MEMORY, out);
        return;
    }
    log_message(m, queue_id, out);
    count_strikes(m, now);
    m->passed = out->reply.code == 0;
    m->held = m->passed && first_with(m, ACTION_HOLD);
    if (!m->passed)
        tell_events(m, queue_id, &out->reply);
}

void message_end(struct message *m, const char *queue_id, int64_t now, struct verdict *out)
{
    *out = (struct verdict){ 0 };
    if (m->facts.too_many)
        refuse(m, queue_id, 550, "5.6.0", "too many X-Coexist fields (coexist)", out);
    else if (m->too_many)
        /* Put off, it would come again with as many: sendmail(1) would never be rid of it. */
        refuse(m, queue_id, 550, "5.5.3", MESSAGE_TOO_MANY, out);
    else if (m->recipients > 0 || m->no_memory)
        conclude(m, queue_id, now, out);
    if (out->reply.code == 0)
        m->outcome = MESSAGE_FAILED; /* unless the MTA takes it: see message_done() */
    else
        m->outcome = out->reply.code < 500 ? MESSAGE_DEFERRED : MESSAGE_REJECTED;
}

void message_done(struct message *m, const char *queue_id)
{
    if (m->outcome != MESSAGE_FAILED)
        return;
    m->outcome = m->held ? MESSAGE_HELD : MESSAGE_ACCEPTED;
    if (!m->passed)
        return;
    m->passed = false;
    meter_forged(m->engine->meter, m->facts.forged);
    visits_remember(m);
    tell_events(m, queue_id, NULL);
}
