#ifndef COEXIST_ENGINE_EXPLAIN_H
#define COEXIST_ENGINE_EXPLAIN_H

#include "engine/recipient.h"
#include "engine/verdict.h"

/* Every decision in one line: for the client, in the SMTP reply, and for the administrator, in the
 * log. */

/* Fills the reply for a decision to defer or reject; code 0 for any other. A stranger is not told
 * the record. path: of the message, or NULL where it is not known yet. */
void explain_reply(const struct recipient *r, const struct engine *e, enum origin origin,
                   const struct path *path, struct reply *out);

/* Logs `decide rcpt=... origin=... home=... action=... reason=...` and what else bears on it. */
void explain_log(const struct recipient *r, const struct engine *e, const char *queue_id,
                 enum origin origin, const struct path *path);

#endif
