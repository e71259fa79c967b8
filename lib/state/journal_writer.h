#ifndef COEXIST_STATE_JOURNAL_WRITER_H
#define COEXIST_STATE_JOURNAL_WRITER_H

#include "state/breaker_set.h"
#include "state/complaint.h"
#include "state/journal_batch.h"
#include "state/ledger_recent.h"
#include "state/redis_journal.h"

/*
 * The thread that writes the queue to Redis, and reads the breakers from there. After an exchange
 * that failed it sends a PING until one is answered, and only then what was left without an answer:
 * a server that was held up carries out all that it finds, however often it was sent.
 */

#define JOURNAL_LINGER_MS 5 /* for other entries to come, when one has come */
#define JOURNAL_PAUSE_MS 50 /* until a lost server is tried again, by redis_pause.h at the most */

struct journal_writer {
    const struct redis_journal_config *config; /* borrowed */
    struct entry_form form;
    struct journal_queue queue;
    struct breaker_set breakers;
    struct ledger_recent recent; /* of what is in the queue */
    pthread_t thread;
    bool started;
    atomic_bool reread_asked;
    atomic_uint_least64_t written, refused, batches;
    /* Of the thread alone. */
    struct journal_batch batch;
    bool lost;
    int64_t reread_at;    /* the next time */
    int64_t reread_after; /* not before, also when asked: it takes a small share of the time */
    int64_t close_at;     /* 0: not closing */
    uint64_t dropped_told;
    struct complaint refusals, drops;
};

/* w: all zero. What is put into the queue before the start waits there. */
void journal_writer_init(struct journal_writer *w, const struct redis_journal_config *config);

/* Starts the thread; again: does nothing. False without threads. */
bool journal_writer_start(struct journal_writer *w);

/* Writes what is in the queue, drops what cannot be written in time, and ends the thread; again:
 * does nothing. */
void journal_writer_stop(struct journal_writer *w);

void journal_writer_free(struct journal_writer *w); /* once it is stopped */

void journal_writer_reread(struct journal_writer *w);

/* The second of the wall clock, by which breakers open and close on all nodes. */
int64_t journal_wall_clock(void);

#endif
