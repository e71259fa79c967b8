#include "ctl/probe_report.h"

#include <string.h>

#include "base/count.h"
#include "ctl/json.h"

#define MS 1000
#define US 1e6

static const char *const verdict_names[] = { "ok",      "warning", "critical", "stopped",
                                             "refused", "lost",    "failed" };
_Static_assert(COUNT_OF(verdict_names) == PROBE_FAILED + 1, "a name for each verdict");

const char *probe_verdict_name(enum probe_verdict v)
{
    return (size_t)v < COUNT_OF(verdict_names) ? verdict_names[v] : "?";
}

enum status probe_verdict_status(enum probe_verdict v)
{
    return v == PROBE_OK || v == PROBE_WARNING ? STATUS_YES : STATUS_NO;
}

static const char *word_or(const struct probe_sight *seen, const char *name)
{
    const char *word = probe_word(seen, name);
    return word ? word : "-";
}

static enum probe_verdict judge_sight(const struct probe_sight *seen)
{
    const char *action = word_or(seen, "action");
    if (!seen->event)
        return PROBE_LOST;
    if (probe_goes_on(seen))
        return PROBE_OK;
    return strcmp(action, "defer") == 0 || strcmp(action, "reject") == 0 ? PROBE_REFUSED
                                                                         : PROBE_STOPPED;
}

/* What was waited for last. */
static const struct probe_sight *last_sight(const struct probe *p)
{
    return p->back ? &p->returned : &p->decision;
}

static enum probe_verdict judge_time(const struct probe *p, const struct probe_limits *limits)
{
    int64_t took = last_sight(p)->after_us;
    if (limits->critical_ms > 0 && took > (int64_t)limits->critical_ms * MS)
        return PROBE_CRITICAL;
    return limits->warn_ms > 0 && took > (int64_t)limits->warn_ms * MS ? PROBE_WARNING : PROBE_OK;
}

enum probe_verdict probe_judge(const struct probe *p, const struct probe_limits *limits)
{
    if (!p->sent.taken)
        return p->sent.code > 0 ? PROBE_REFUSED : PROBE_FAILED;
    enum probe_verdict v = judge_sight(&p->decision);
    if (v == PROBE_OK && p->back)
        v = judge_sight(&p->returned);
    return v == PROBE_OK ? judge_time(p, limits) : v;
}

/* The story */

static void tell_mta(const struct probe *p, struct out *o)
{
    if (p->host)
        out_printf(o, INK_PLAIN, "%.*s:%u", SPAN_ARG(p->host->host), p->host->port);
    else
        out_foreign(o, span_of(p->program));
}

static void tell_after(struct out *o, int64_t us)
{
    out_printf(o, INK_DIM, "%9.3f s  ", (double)us / US);
}

void probe_tell_sending(const struct probe *p, struct out *o)
{
    tell_after(o, 0);
    out_foreign(o, buf_span(&p->message_id));
    out_printf(o, INK_PLAIN, " from <");
    out_foreign(o, span_of(p->sender));
    out_printf(o, INK_PLAIN, "> for <");
    out_foreign(o, span_of(p->rcpt->text));
    out_printf(o, INK_PLAIN, "> goes to ");
    tell_mta(p, o);
    out_printf(o, INK_PLAIN, "\n");
    out_flush(o);
}

void probe_tell_sent(const struct probe *p, struct out *o)
{
    tell_after(o, p->sent_us);
    if (p->sent.taken)
        out_printf(o, INK_GOOD, "taken: ");
    else
        out_printf(o, INK_BAD, "%s at %s: ", p->sent.code > 0 ? "refused" : "failed", p->sent.step);
    out_foreign(o, buf_span(&p->sent.reply));
    out_printf(o, INK_PLAIN, "\n");
    out_flush(o);
}

static void tell_words(const struct probe_sight *seen, struct out *o)
{
    static const char *const names[] = {
        "origin", "home", "to",       "alias-of", "key",  "why",
        "loop",   "mode", "evidence", "stale",    "path", "reply"
    };
    const char *between = "             ";
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *word = probe_word(seen, names[i]);
        if (!word || !word[0])
            continue;
        out_printf(o, INK_PLAIN, "%s%s ", between, names[i]);
        out_foreign(o, span_of(word));
        between = ", ";
    }
    out_printf(o, INK_PLAIN, "\n");
}

/* The action and the reason, and how it looks. */
static void tell_decision(const struct probe_sight *seen, struct out *o)
{
    enum ink ink = probe_goes_on(seen) ? INK_GOOD : INK_BAD;
    out_foreign_ink(o, ink, span_of(word_or(seen, "action")));
    out_printf(o, INK_PLAIN, " ");
    out_foreign(o, span_of(word_or(seen, "reason")));
}

void probe_tell_sight(const struct probe *p, const struct probe_sight *seen, struct out *o)
{
    if (!seen->event)
        return;
    tell_after(o, seen->after_us);
    out_foreign(o, span_of(word_or(seen, "node")));
    out_printf(o, INK_PLAIN, " about ");
    out_foreign(o, span_of((seen == &p->returned ? p->back : p->rcpt)->key));
    out_printf(o, INK_PLAIN, ": ");
    tell_decision(seen, o);
    out_printf(o, INK_PLAIN, "\n");
    tell_words(seen, o);
    out_flush(o);
}

/* The line */

static void tell_word(const struct probe_sight *seen, const char *name, struct out *o)
{
    const char *word = probe_word(seen, name);
    if (!word || !word[0])
        return;
    out_printf(o, INK_PLAIN, " %s=", name);
    out_foreign(o, span_of(word));
}

static void tell_seen(const struct probe_sight *seen, struct out *o)
{
    if (!seen->event)
        return;
    out_printf(o, INK_PLAIN, " ");
    tell_decision(seen, o);
    tell_word(seen, "to", o);
    tell_word(seen, "mode", o);
    tell_word(seen, "why", o);
}

static void tell_refused(const struct probe *p, struct out *o)
{
    tell_seen(&p->decision, o);
    out_printf(o, INK_PLAIN, ", %s: ", p->sent.step);
    out_foreign(o, buf_span(&p->sent.reply));
    if (p->sent.code > 0 && !p->decision.event)
        out_printf(o, INK_PLAIN, " (no decision of the filter was seen)");
}

static void tell_lost(const struct probe *p, struct out *o)
{
    double waited = (double)p->timeout_ms / MS;
    if (p->back && p->decision.event) {
        out_printf(o, INK_PLAIN, ", not back at ");
        out_foreign(o, span_of(p->back->key));
        out_printf(o, INK_PLAIN, " in %g s", waited);
        return;
    }
    out_printf(o, INK_PLAIN, ", taken by ");
    tell_mta(p, o);
    out_printf(o, INK_PLAIN, " (");
    out_foreign(o, buf_span(&p->sent.reply));
    out_printf(o, INK_PLAIN, "), no decision of the filter in %g s", waited);
}

static void tell_back(const struct probe *p, struct out *o)
{
    out_printf(o, INK_PLAIN, ", back at ");
    out_foreign(o, span_of(p->back->key));
    tell_seen(&p->returned, o);
    tell_word(&p->returned, "path", o);
    out_printf(o, INK_PLAIN, " in %.2f s", (double)p->returned.after_us / US);
}

static void tell_limit(const struct probe_limits *limits, enum probe_verdict v, struct out *o)
{
    unsigned ms = v == PROBE_CRITICAL ? limits->critical_ms : limits->warn_ms;
    if (v == PROBE_WARNING || v == PROBE_CRITICAL)
        out_printf(o, INK_PLAIN, ", over %g s", (double)ms / MS);
}

static void tell_taken(const struct probe *p, enum probe_verdict v, struct out *o)
{
    tell_seen(&p->decision, o);
    if (p->decision.event)
        out_printf(o, INK_PLAIN, " in %.2f s", (double)p->decision.after_us / US);
    if (p->back && p->returned.event)
        tell_back(p, o);
    if (v == PROBE_LOST)
        tell_lost(p, o);
}

void probe_tell_line(const struct probe *p, const struct probe_limits *limits, enum probe_verdict v,
                     struct out *o)
{
    static const enum ink inks[] = {
        INK_GOOD, INK_WARN, INK_BAD, INK_BAD, INK_BAD, INK_BAD, INK_BAD
    };
    out_printf(o, INK_PLAIN, "probe ");
    out_printf(o, inks[v], "%s", probe_verdict_name(v));
    out_printf(o, INK_PLAIN, ": ");
    out_foreign(o, span_of(p->rcpt->key));
    if (p->sent.taken)
        tell_taken(p, v, o);
    else
        tell_refused(p, o);
    tell_limit(limits, v, o);
    out_printf(o, INK_PLAIN, "\n");
}

/* JSON */

/* The event and when it was seen; null for none. */
static json_t *json_sight(const struct probe_sight *seen)
{
    if (!seen->event)
        return json_null();
    json_t *copy = json_copy(seen->event);
    json_object_set_new(copy, "after_ms", json_integer(seen->after_us / MS));
    return copy;
}

static json_t *json_mta(const struct probe *p)
{
    if (!p->host)
        return json_text(p->program);
    return json_sprintf("%.*s:%u", SPAN_ARG(p->host->host), p->host->port);
}

json_t *probe_json(const struct probe *p, enum probe_verdict v)
{
    const struct probe_sight *last = last_sight(p);
    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:b,s:o,s:o,s:o,s:o,s:o}", "verdict",
                     probe_verdict_name(v), "rcpt", json_text(p->rcpt->key), "sender",
                     json_text(p->sender), "message_id", json_span(buf_span(&p->message_id)), "mta",
                     json_mta(p), "taken", (int)p->sent.taken, "step", json_text(p->sent.step),
                     "reply", json_span(buf_span(&p->sent.reply)), "ms",
                     last->event ? json_integer(last->after_us / MS) : json_null(), "decision",
                     json_sight(&p->decision), "return", json_sight(&p->returned));
}
