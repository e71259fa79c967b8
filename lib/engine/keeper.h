#ifndef COEXIST_ENGINE_KEEPER_H
#define COEXIST_ENGINE_KEEPER_H

#include "engine/snapshot.h"
#include "state/teller.h"

/* Writes the snapshot from time to time while anything has changed, in a thread of its own, and at
 * the end. What fails is told once, until it works again. */

struct keeper;

struct keeper_config {
    struct snapshot snapshot; /* its texts are copied */
    struct store *cache;      /* must outlive the keeper */
    const struct key *key;    /* copied */
    unsigned interval_s;
    struct teller teller;
};

/* NULL without memory or threads. */
struct keeper *keeper_start(const struct keeper_config *config);

void keeper_use_key(struct keeper *k, const struct key *key);

/* Writes a last time, and ends the thread. NULL is borne. */
void keeper_stop(struct keeper *k);

#endif
