#ifndef COEXIST_ENGINE_BREAKER_H
#define COEXIST_ENGINE_BREAKER_H

#include "engine/recipient.h"

/* A recipient whose mail goes round is deferred at once, for a while, or until its record says
 * another home. */

/* recipient: its key as it came. */
bool breaker_is_open(const struct engine *e, struct span recipient, enum home home);

/* What is known of the message that a recipient is decided for. */
struct breaker_case {
    enum origin origin;
    bool authenticated;
    int64_t now;    /* seconds UTC */
    int64_t traced; /* when the newest of its traces was made; 0: it has none */
};

/*
 * Counts the decision, once it is final, where it is a conflict or a loop that is acted on, by
 * evidence that nobody outside can make up so as to have another's mail deferred: that it came from
 * the peer itself, or a signed trace no older than breaker_window, which who once got such a
 * message cannot bring up again for ever. A trace from outside counts only where the peer may stand
 * there; Received fields and Message-IDs are anybody's.
 */
void breaker_count(const struct engine *e, const struct recipient *r, const struct breaker_case *c);

#endif
