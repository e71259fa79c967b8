#ifndef COEXIST_CTL_ENDING_H
#define COEXIST_CTL_ENDING_H

#include <stdbool.h>

/*
 * What ends a command that goes on and on: SIGINT, SIGTERM or SIGHUP, or that nobody reads what it
 * writes any more, which is noticed also while there is nothing to write.
 */
struct ending {
    int fd; /* becomes readable then */
    int signals;
};

/* Blocks the signals, in this thread and those made later. out: the descriptor that is written to.
 * False with errno. */
bool ending_open(struct ending *e, int out);
void ending_close(struct ending *e);

/* Waits so long for it, in milliseconds; whether it has come. */
bool ending_due(const struct ending *e, unsigned ms);

#endif
