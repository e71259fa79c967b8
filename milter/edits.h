#ifndef COEXIST_MILTER_EDITS_H
#define COEXIST_MILTER_EDITS_H

#include <libmilter/mfapi.h>

#include "engine/verdict.h"

/* The one place from which a message is changed or answered. */

/* What the MTA must allow for these edits. */
#define EDITS_ACTIONS                                                                              \
    (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_QUARANTINE)

/* Gives the reply to the client and returns the callback's value that agrees with it:
 * SMFIS_CONTINUE for none, SMFIS_TEMPFAIL for 4xx, SMFIS_REJECT for 5xx. */
sfsistat edits_reply(SMFICTX *ctx, const struct reply *reply);

/* Applies a verdict at end of message, in its order. The MTA drops all edits of a message that is
 * then deferred, which is the answer when one of them cannot be made. */
sfsistat edits_apply(SMFICTX *ctx, const struct verdict *v, const char *queue_id);

#endif
