#ifndef COEXIST_ENGINE_ENVELOPE_H
#define COEXIST_ENGINE_ENVELOPE_H

#include "engine/recipient.h"
#include "engine/verdict.h"

/*
 * From the decisions of all recipients to the fewest edits of the envelope. No address is added
 * that is a recipient anyway; one that is to be deleted and is wanted as another's target stays as
 * it is, since the MTA deletes by text. Sets v->failed rather than plan to leave no recipient at
 * all.
 */
void envelope_plan(const struct recipient *r, size_t n, const struct engine *e, struct verdict *v);

/*
 * The ESMTP parameters of an added recipient (RFC 3461 section 5.2.2): NOTIFY as it came, ORCPT as
 * it came or else made from the original address. Others belong to the client's session alone.
 */
void envelope_params(const struct recipient *r, struct buf *out);

#endif
