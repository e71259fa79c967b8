#ifndef COEXIST_CTL_CHANGE_BATCH_H
#define COEXIST_CTL_CHANGE_BATCH_H

#include "ctl/change_judge.h"
#include "ctl/change_names.h"
#include "ctl/change_run.h"

/* Some of the changes of a list, read and judged together: the middle of change_run.c. */

struct change_batch {
    struct change_run *run;
    struct change_names *names;
    unsigned round; /* another one for each reading */
    struct change *change[CHANGE_BATCH];
    size_t n;
    struct redis_reply *reply[CHANGE_BATCH]; /* what judged[] points into */
    struct judged judged[CHANGE_BATCH];
};

/*
 * Reads the records of the batch, and those that they name, and judges each change. watch: each key
 * that is read is watched (WATCH) first. False with link_why().
 */
bool change_batch_judge(struct change_batch *b, bool watch);

/* Frees what was read, and takes all changes out. */
void change_batch_clear(struct change_batch *b);

#endif
