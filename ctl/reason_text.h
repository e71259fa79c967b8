#ifndef COEXIST_CTL_REASON_TEXT_H
#define COEXIST_CTL_REASON_TEXT_H

#include "core/decision.h"

/* What a reason means, for one who sees its name for the first time: half a sentence. */
const char *reason_text(enum reason r);

/* By the name that an event has; NULL for none. */
const char *reason_text_of(struct span name);

/* What is done: `delivered here`, `sent to the peer`. NULL for a name that is none. */
const char *action_text(enum action a);
const char *action_text_of(struct span name);

#endif
