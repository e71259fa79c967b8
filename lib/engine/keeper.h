#ifndef COEXIST_ENGINE_KEEPER_H
#define COEXIST_ENGINE_KEEPER_H

#include "engine/snapshot.h"
#include "state/teller.h"

/*
 * Writes the snapshot from time to time while anything has changed, in a thread of its own, and at
 * the end. What fails is told once, until it works again.
 *
 * While the cache is fresh, what it remembers is right as of now: the file is then written at least
 * each KEEPER_RENEWAL intervals, lest a quiet host has nothing but old records in it. A cache that
 * never remembered anything leaves the file as it is: that may be worth more.
 */

#define KEEPER_RENEWAL 12

struct keeper;

struct keeper_config {
    struct snapshot snapshot; /* its texts are copied; its owner does not matter */
    struct store *cache;      /* must outlive the keeper */
    const struct key *key;    /* copied */
    unsigned interval_s;
    unsigned interval_ms; /* instead, where it is not 0. For tests */
    struct teller teller; /* snapshot-failed, snapshot-works */
};

/* NULL without memory or threads. */
struct keeper *keeper_start(const struct keeper_config *config);

void keeper_use_key(struct keeper *k, const struct key *key);

/* Writes a last time, and ends the thread. NULL is borne. */
void keeper_stop(struct keeper *k);

#endif
