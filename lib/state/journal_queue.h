#ifndef COEXIST_STATE_JOURNAL_QUEUE_H
#define COEXIST_STATE_JOURNAL_QUEUE_H

#include <pthread.h>

#include "state/journal_entry.h"

/*
 * Entries on their way from the threads that carry mail to the one that writes. It is bounded: the
 * oldest entries make room and are counted. Putting never waits but for the lock, which nobody
 * holds across a wait.
 */

#define JOURNAL_QUEUE_OCTETS_MAX 67108864

struct entry_list {
    struct journal_entry *first, *last;
    size_t n;
    size_t octets;
};
void entry_list_add(struct entry_list *l, struct journal_entry *e);
struct journal_entry *entry_list_take(struct entry_list *l); /* the first; NULL: none */

struct journal_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct entry_list entries;
    size_t max;
    size_t full_batch; /* so many entries end a writer's lingering */
    size_t taken_out;  /* of which the writer has not said yet what became of them */
    bool poked;
    bool closing;
    uint64_t taken[ENTRY_KINDS];
    uint64_t dropped;
};

void journal_queue_init(struct journal_queue *q, size_t max, size_t full_batch);

/* Drops what is in it. */
void journal_queue_free(struct journal_queue *q);

/* For the threads that carry mail. Takes the entry; NULL: there was none to be had, and that counts
 * as dropped. */
void journal_queue_put(struct journal_queue *q, enum entry_kind kind, struct journal_entry *e);

/* Ends journal_queue_wait(). */
void journal_queue_poke(struct journal_queue *q);

/* No waiting from now on but for pauses. */
void journal_queue_close(struct journal_queue *q);
bool journal_queue_closing(struct journal_queue *q);

/*
 * For the writer. Waits for an entry, a poke or the deadline; if it had to wait for the entry, then
 * up to linger_ms for as many as make a full batch.
 */
void journal_queue_wait(struct journal_queue *q, int64_t deadline, unsigned linger_ms);

/* Waits whatever comes. */
void journal_queue_pause(struct journal_queue *q, int64_t deadline);

/* The oldest entries, n and octets of them at most, but one at least where there is any. */
struct entry_list journal_queue_take(struct journal_queue *q, size_t n, size_t octets);

/* What was taken out is done with, but for these entries, which go back to the front. */
void journal_queue_settle(struct journal_queue *q, struct entry_list back);

/* Drops and counts all. */
void journal_queue_drop(struct journal_queue *q);

struct journal_queue_counts {
    uint64_t taken[ENTRY_KINDS]; /* put into it */
    uint64_t dropped;
    size_t waiting; /* in it, or taken out */
};
void journal_queue_count(struct journal_queue *q, struct journal_queue_counts *out);

#endif
