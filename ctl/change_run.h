#ifndef COEXIST_CTL_CHANGE_RUN_H
#define COEXIST_CTL_CHANGE_RUN_H

#include "ctl/change.h"
#include "ctl/link.h"
#include "sys/config.h"

/*
 * Checking and writing a list of changes. No bad record can come of it: each is read as it is now,
 * changed in memory, and read again as the filter reads it; so are the records it names: the group
 * must have a good one, or come with the same list; an alias leads to another mailbox of the same
 * domain and to no further alias and no bad record, nor is it one that other aliases lead to; a
 * route must make an address; the domain is one of the configuration's. A group that users still
 * name is not removed.
 */

#define CHANGE_BATCH 100 /* records in one exchange, and in one transaction */

struct change_run {
    struct link *link;
    const struct config *config;
    const char *event; /* what is told of it in the stream of events: `flip`, `set`, `import` */
    const char *file;  /* that the lines of the changes are in, for messages; or NULL */
    bool each;         /* tell an event of each change; else one in all, with their number */
    void (*progress)(void *arg, size_t done, size_t of); /* or NULL */
    void *arg;
    volatile const int *stop; /* not 0: end after the batch under way; or NULL */
    /* Results. */
    size_t done; /* records that were written */
    size_t bad;  /* changes with CHANGE_BAD */
    bool stopped;
    char untold[RECORD_FAULT_MAX]; /* why the events do not tell of what was written; "": they do */
};

/*
 * Reads what there is and fills effect, was and fault of each change. STATUS_YES: all are good;
 * STATUS_NO: run->bad of them are not; STATUS_UNAVAILABLE with link_why().
 */
enum status change_check(struct change_run *run, struct changes *c);

/*
 * Writes what has an effect, after change_check() has said STATUS_YES. Each batch is one
 * transaction (WATCH, MULTI, EXEC) and checked again in it: a record that somebody else has written
 * meanwhile is read anew. STATUS_YES; STATUS_NO where a change has become bad meanwhile, which ends
 * the run before its batch; STATUS_UNAVAILABLE. What was written is counted in run->done; to run
 * the same list again goes on where it was. That the events could not be told of it is no failure
 * of the run: run->untold then says why.
 */
enum status change_apply(struct change_run *run, struct changes *c);

#endif
