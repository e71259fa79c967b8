#ifndef COEXIST_STATE_LEDGER_RECENT_H
#define COEXIST_STATE_LEDGER_RECENT_H

#include <pthread.h>

#include "state/journal.h"

/*
 * Visits that this process has told and the server has not acknowledged yet: a message may be back
 * sooner than its visit is written. A fixed table, in which later ones take the place of earlier
 * ones; each counts for LEDGER_RECENT_S at the longest.
 */

#define LEDGER_RECENT_S 10
#define LEDGER_RECENT_BUCKETS 1024
#define LEDGER_RECENT_WAYS 8 /* in one bucket */

/* The arrivals of one digest in the form of a ledger's value. */
#define LEDGER_RECENT_TEXT_MAX (LEDGER_RECENT_WAYS * (JOURNAL_ARRIVAL_LEN + 1))

struct ledger_recent_slot {
    struct journal_visit visit;
    int64_t until; /* by deadline_now(); in the past: it is free */
};

struct ledger_recent {
    pthread_mutex_t lock;
    struct ledger_recent_slot slot[LEDGER_RECENT_BUCKETS][LEDGER_RECENT_WAYS];
    unsigned char oldest[LEDGER_RECENT_BUCKETS]; /* whose place is taken next */
};

void ledger_recent_init(struct ledger_recent *r); /* r: all zero */
void ledger_recent_free(struct ledger_recent *r);

/* The arrival must be one that is told. */
void ledger_recent_add(struct ledger_recent *r, const struct journal_visit *visit);

/* It has been written; where it is not there, nothing happens. */
void ledger_recent_remove(struct ledger_recent *r, const struct journal_visit *visit);

/* The arrivals of the digest; text gets their number of octets as result. */
size_t ledger_recent_write(struct ledger_recent *r, const char *digest,
                           char text[LEDGER_RECENT_TEXT_MAX]);

#endif
