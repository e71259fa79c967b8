#ifndef COEXIST_ENGINE_REPORT_H
#define COEXIST_ENGINE_REPORT_H

#include "engine/recipient.h"
#include "engine/verdict.h"

/*
 * What was decided about a recipient, told twice from one list of facts: to the log, as
 * `decide rcpt=... origin=... home=... action=... reason=...` and what else bears on it, and to the
 * journal, as an event that says besides where, when and for which message: `t` is the clock of
 * this node, in milliseconds since 1970-01-01 UTC, so that it can be held against that of Redis in
 * the entry's own name.
 */

#define REPORT_MESSAGE_ID_MAX 256 /* octets in an event */

enum report_at { REPORT_AT_RCPT, REPORT_AT_END };

struct report {
    const struct engine *engine;
    const struct recipient *recipient;
    enum origin origin;
    enum report_at at;
    const char *queue_id;      /* NULL or "": none yet */
    struct span path;          /* absent at RCPT */
    const char *message_id;    /* NULL: none, or not known yet */
    const struct reply *reply; /* what the client is told; NULL or code 0: nothing */
};

void report_log(const struct report *r);

/* Nothing where the engine has no journal. */
void report_event(const struct report *r);

#endif
