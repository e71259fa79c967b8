#include "engine/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/log.h"

#define NUMBER_MAX 12
#define TIME_MAX 21
#define EVIDENCE_MAX 64

/* Names and values in the order in which they are told. */
struct pairs {
    struct journal_field field[JOURNAL_FIELDS_MAX];
    size_t n;
    char time[TIME_MAX];
    char passes[NUMBER_MAX];
    char stale[NUMBER_MAX];
    char reply[NUMBER_MAX + sizeof(((struct reply *)NULL)->status)];
    struct buf evidence;
};

static void add_span(struct pairs *p, const char *name, struct span value)
{
    p->field[p->n++] = (struct journal_field){ name, value };
}

static void add(struct pairs *p, const char *name, const char *value)
{
    add_span(p, name, span_of(value));
}

static void add_known(struct pairs *p, const char *name, const char *value)
{
    if (value)
        add(p, name, value);
}

static void add_loop(struct pairs *p, const struct loop *loop)
{
    loop_evidence_write(loop->evidence, &p->evidence);
    snprintf(p->passes, sizeof(p->passes), "%u", loop->passes);
    add(p, "loop", loop_verdict_name(loop->verdict));
    add(p, "passes", p->passes);
    add_span(p, "evidence", buf_span(&p->evidence));
}

/* What stands in the log and in the journal alike. */
static void add_decision(struct pairs *p, const struct report *report)
{
    const struct recipient *r = report->recipient;
    add(p, "rcpt", r->address.key ? r->address.key : r->text);
    add(p, "origin", origin_name(report->origin));
    add(p, "home", home_name(r->home));
    add(p, "action", action_name(r->decision.action));
    add(p, "reason", reason_name(r->decision.reason));
    if (r->decision.observed)
        add(p, "mode", mode_name(MODE_OBSERVE));
    add_known(p, "to", recipient_target(r, report->engine));
    add_known(p, "alias-of", r->mailbox);
    add_known(p, "key", r->key);
    add_known(p, "why", r->why);
    if (r->loop.verdict != LOOP_NONE)
        add_loop(p, &r->loop);
    if (span_present(report->path))
        add_span(p, "path", report->path);
    if (r->stale) {
        snprintf(p->stale, sizeof(p->stale), "%u", r->age_s);
        add(p, "stale", p->stale);
    }
}

static void add_message(struct pairs *p, const struct report *report)
{
    const struct reply *reply = report->reply;
    add(p, "event", "decide");
    add(p, "at", report->at == REPORT_AT_RCPT ? "rcpt" : "end");
    add(p, "node", report->engine->config->name);
    snprintf(p->time, sizeof(p->time), "%" PRId64, clock_utc_ms());
    add(p, "t", p->time);
    add(p, "queue", report->queue_id ? report->queue_id : "");
    if (report->message_id)
        add_span(p, "msgid",
                 (struct span){ report->message_id,
                                strnlen(report->message_id, REPORT_MESSAGE_ID_MAX) });
    if (reply && reply->code != 0) {
        snprintf(p->reply, sizeof(p->reply), "%d %s", reply->code, reply->status);
        add(p, "reply", p->reply);
    }
}

static void pairs_init(struct pairs *p)
{
    p->n = 0;
    buf_init(&p->evidence, EVIDENCE_MAX);
}

/* What keeps mail waiting is worth a warning; what flows is not. */
static enum log_level level_of(const struct recipient *r)
{
    enum reason reason = r->decision.reason;
    bool usual = action_goes_on(r->decision.action) || reason == REASON_MOVING ||
                 reason == REASON_UNKNOWN_USER;
    return usual && reason != REASON_CONFLICT ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING;
}

void report_log(const struct report *r)
{
    struct log_line l;
    struct pairs p;
    pairs_init(&p);
    add_decision(&p, r);
    log_begin(&l, level_of(r->recipient), r->queue_id, "decide");
    for (size_t i = 0; i < p.n; i++)
        log_span(&l, p.field[i].name, p.field[i].value);
    log_end(&l);
    buf_free(&p.evidence);
}

void report_event(const struct report *r)
{
    struct pairs p;
    if (!r->engine->journal || r->engine->config->events_max == 0)
        return;
    pairs_init(&p);
    add_message(&p, r);
    add_decision(&p, r);
    journal_event(r->engine->journal, p.field, p.n);
    buf_free(&p.evidence);
}
