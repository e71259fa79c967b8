#ifndef COEXIST_ENGINE_VISITS_H
#define COEXIST_ENGINE_VISITS_H

#include "engine/message_state.h"

/*
 * How often the message was sent to the peer before for each of its recipients, as the site's
 * ledger knows it: the evidence that is left where the peer strips all header fields. A message
 * without any Message-ID has none.
 */

/*
 * Asks the ledger, once, for the recipients that would be sent to the peer or are a conflict: where
 * the message comes from the peer, or from outside while the peer may stand there. Sets their
 * `remembered`. Where there is no answer, they go on without, and the log tells.
 */
void visits_recall(struct message *m, const char *queue_id);

/* Enters each recipient that is sent to the peer. To be called when the message is through. */
void visits_remember(const struct message *m);

#endif
