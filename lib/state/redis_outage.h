#ifndef COEXIST_STATE_REDIS_OUTAGE_H
#define COEXIST_STATE_REDIS_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#define REDIS_OUTAGE_LINE_MS 1000 /* between two lines that say that a server is lost */

/*
 * When a server that was lost is tried again, and what of it is worth a line in the log. At once
 * after the first failure, then after pauses as in redis_pause.h, which also go on growing for a
 * server that is lost again and again; one that refuses is left alone for the longest of them. An
 * outage has one line at its beginning, another where its kind changes, and one at its end. Reads
 * no clock: `now` is in milliseconds. Begins as all zero, with the server not heard.
 */
struct redis_outage {
    bool on;
    int64_t since;
    bool before;     /* there was one before */
    unsigned pause;  /* the next one, in milliseconds */
    unsigned told;   /* kinds that this outage has had a line for */
    bool spoken;     /* there was a line */
    int64_t told_at; /* the last one */
};

enum redis_failure {
    FAILURE_CLOSED, /* while it was heard */
    FAILURE_AWAY,   /* can't be reached, or does not answer */
    FAILURE_REFUSED /* answers, and does not do what it is asked */
};

/* Gives the milliseconds until the server is to be tried again. tell: a line is due. */
unsigned redis_outage_failed(struct redis_outage *o, enum redis_failure kind, int64_t now,
                             bool *tell);

/* The server is heard. True: a line is due, about so many milliseconds. */
bool redis_outage_over(struct redis_outage *o, int64_t now, int64_t *length);

#endif
