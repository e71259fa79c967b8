#ifndef COEXIST_ENGINE_EXPLAIN_H
#define COEXIST_ENGINE_EXPLAIN_H

#include "engine/recipient.h"
#include "engine/verdict.h"

/* What the client is told of a decision. */

#define EXPLAIN_PATH_VISITS 12

/* Fills the reply for a decision to defer or reject; code 0 for any other. A stranger is not told
 * the record. path: of the message, or NULL where it is not known yet. */
void explain_reply(const struct recipient *r, const struct engine *e, enum origin origin,
                   const struct path *path, struct reply *out);

#endif
