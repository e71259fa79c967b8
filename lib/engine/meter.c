#include "engine/meter.h"

#include <stdlib.h>

#include "base/count.h"
#include "sys/clock.h"

static const char *outcome_text(unsigned i)
{
    static const char *const names[] = { "unfinished", "accepted", "held",
                                         "deferred",   "rejected", "failed" };
    _Static_assert(COUNT_OF(names) == MESSAGE_OUTCOMES, "a name for each outcome");
    return names[i];
}

static const char *action_text(unsigned i)
{
    return action_name((enum action)i);
}

static const char *reason_text(unsigned i)
{
    return reason_name((enum reason)i);
}

static const char *mode_text(unsigned observed)
{
    return mode_name(observed ? MODE_OBSERVE : MODE_ENFORCE);
}

static const char *cause_text(unsigned i)
{
    static const char *const names[] = { "unreadable", "too-many", "no-memory" };
    _Static_assert(COUNT_OF(names) == UNDECIDED_CAUSES, "a name for each cause");
    return names[i];
}

static const char *answer_text(unsigned i)
{
    return store_answer_name((enum store_answer)i);
}

static const char *map_result_text(unsigned i)
{
    return map_result_name((enum map_result)i);
}

static const char *result_word(unsigned good)
{
    return good ? "good" : "failed";
}

enum {
    MESSAGES,
    RECIPIENTS,
    UNDECIDED,
    LOOPS,
    CONFLICTS,
    FORGED,
    LOOKUPS,
    MAP_ANSWERS,
    RCPT,
    END,
    RELOADS,
    ALL
};

static const struct metric table[ALL] = {
    [MESSAGES] = { "coexist_messages_total",
                   "Messages, from MAIL on, by what became of them.",
                   METRIC_COUNTER,
                   false,
                   { { "outcome", MESSAGE_OUTCOMES, outcome_text } } },
    [RECIPIENTS] = { "coexist_recipients_total",
                     "Recipients decided, as the log has them: refused at RCPT, or at the end of "
                     "their message. Under mode=\"observe\" the action was not carried out.",
                     METRIC_COUNTER,
                     true,
                     { { "action", ACTION_COUNT, action_text },
                       { "reason", REASON_COUNT, reason_text },
                       { "mode", 2, mode_text } } },
    [UNDECIDED] = { "coexist_recipients_undecided_total",
                    "Recipients refused before anything was decided.",
                    METRIC_COUNTER,
                    false,
                    { { "cause", UNDECIDED_CAUSES, cause_text } } },
    [LOOPS] = { "coexist_loops_total",
                "Recipients that looped, once for each kind of evidence that showed it.",
                METRIC_COUNTER,
                false,
                { { "evidence", LOOP_EVIDENCES, loop_evidence_name } } },
    [CONFLICTS] = { "coexist_conflicts_total",
                    "Recipients that the other system handed over and that live there.",
                    METRIC_COUNTER,
                    false,
                    { { NULL, 0, NULL } } },
    [FORGED] = { "coexist_forged_fields_removed_total",
                 "X-Coexist header fields removed that bore no valid signature.",
                 METRIC_COUNTER,
                 false,
                 { { NULL, 0, NULL } } },
    [LOOKUPS] = { "coexist_store_lookups_total",
                  "Records asked for, from memory or from Redis, by the answer.",
                  METRIC_COUNTER,
                  false,
                  { { "result", STORE_ANSWERS, answer_text } } },
    [MAP_ANSWERS] = { "coexist_map_answers_total",
                      "Questions of Postfix to the maps, by the answer; late: nothing was "
                      "known of it in time, and Postfix asks again.",
                      METRIC_COUNTER,
                      false,
                      { { "map", MAP_TABLES, map_table_name },
                        { "result", MAP_RESULTS, map_result_text } } },
    [RCPT] = { "coexist_rcpt_duration_seconds",
               "Time from a RCPT command to its answer.",
               METRIC_SECONDS,
               false,
               { { NULL, 0, NULL } } },
    [END] = { "coexist_eom_duration_seconds",
              "Time from the end of a message to its answer, edits included.",
              METRIC_SECONDS,
              false,
              { { NULL, 0, NULL } } },
    [RELOADS] = { "coexist_reloads_total",
                  "Reloads of the configuration; after a failed one the old stays.",
                  METRIC_COUNTER,
                  false,
                  { { "result", 2, result_word } } },
};

struct meter *meter_new(void)
{
    struct meter *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    atomic_init(&m->refs, 1);
    m->started = clock_utc();
    m->metrics = metrics_new(table, ALL);
    m->totals = backend_totals_new();
    if (m->metrics && m->totals)
        return m;
    meter_unref(m);
    return NULL;
}

struct meter *meter_ref(struct meter *m)
{
    if (m)
        atomic_fetch_add(&m->refs, 1);
    return m;
}

void meter_unref(struct meter *m)
{
    if (!m || atomic_fetch_sub(&m->refs, 1) > 1)
        return;
    metrics_free(m->metrics);
    backend_totals_unref(m->totals);
    free(m);
}

static void add(struct meter *m, size_t metric, unsigned value, uint64_t n)
{
    if (m && n > 0)
        metrics_add(m->metrics, metric, (struct metric_at){ { value } }, n);
}

void meter_message(struct meter *m, enum message_outcome outcome)
{
    add(m, MESSAGES, outcome, 1);
}

void meter_recipient(struct meter *m, const struct recipient *r)
{
    const struct decision *d = &r->decision;
    if (!m)
        return;
    metrics_add(m->metrics, RECIPIENTS, (struct metric_at){ { d->action, d->reason, d->observed } },
                1);
    add(m, CONFLICTS, 0, d->reason == REASON_CONFLICT);
    if (d->reason != REASON_LOOP && d->reason != REASON_HOPS)
        return;
    for (unsigned i = 0; i < LOOP_EVIDENCES; i++)
        add(m, LOOPS, i, r->loop.evidence >> i & 1);
}

void meter_undecided(struct meter *m, enum undecided cause)
{
    add(m, UNDECIDED, cause, 1);
}

void meter_lookups(struct meter *m, const unsigned asked[STORE_ANSWERS])
{
    for (unsigned i = 0; i < STORE_ANSWERS; i++)
        add(m, LOOKUPS, i, asked[i]);
}

void meter_forged(struct meter *m, size_t fields)
{
    add(m, FORGED, 0, fields);
}

void meter_map(struct meter *m, unsigned map, enum map_result result)
{
    if (m)
        metrics_add(m->metrics, MAP_ANSWERS, (struct metric_at){ { map, result } }, 1);
}

void meter_took(struct meter *m, enum meter_step step, int64_t us)
{
    if (m)
        metrics_observe(m->metrics, step == METER_RCPT ? RCPT : END, us);
}

void meter_reload(struct meter *m, bool good)
{
    add(m, RELOADS, good, 1);
}
