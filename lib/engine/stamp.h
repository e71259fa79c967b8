#ifndef COEXIST_ENGINE_STAMP_H
#define COEXIST_ENGINE_STAMP_H

#include "engine/facts.h"
#include "engine/recipient.h"
#include "engine/verdict.h"

/* The header fields that tell what was done, and the removal of those that only pretend to. */

/* Plans the removal of all own fields that are no valid trace, the highest index first. */
void stamp_remove_forged(const struct facts *f, struct verdict *v);

struct stamp {
    const struct engine *engine;
    const struct facts *facts;
    const struct path *path;
    const struct recipient *recipient;
    size_t recipients;
    enum origin origin;
    int64_t now;
    struct span fresh_id; /* for a message that has no trace yet */
};

/*
 * Plans the insertion of X-Coexist-Trace, -Route and, where something loops or conflicts, -Loop.
 * None when no recipient is ours. No field names a recipient.
 */
void stamp_insert(const struct stamp *s, struct verdict *v);

#endif
