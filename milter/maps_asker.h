#ifndef COEXIST_MILTER_MAPS_ASKER_H
#define COEXIST_MILTER_MAPS_ASKER_H

#include "base/buf.h"
#include "engine/map.h"

/*
 * A few threads that ask the store what the maps do not remember, so that whoever serves the maps
 * need not wait for it. What they find out is remembered for the next who asks.
 */

#define MAPS_ASKERS 8
#define MAPS_QUEUE_MAX 512 /* questions that no thread has taken yet */
#define MAPS_LATE_MS 1000  /* a question that has waited longer is dropped: it is asked again */

/* One question. Made and freed by the thread that serves; between maps_asker_ask() and
 * maps_asker_done() only `for_whom` is its to change. */
struct maps_job {
    struct engine *engine; /* a reference, given up once it is asked: that may take a while */
    void *for_whom;        /* NULL: nobody waits for it any more */
    int64_t asked_us;
    struct buf reply;
    struct maps_job *next;
    size_t request_n;
    char request[MAP_REQUEST_MAX];
};

/* With a reference of its own to the engine. NULL without memory. */
struct maps_job *maps_job_new(struct engine *e, struct span request, int64_t now_us);
void maps_job_free(struct maps_job *job);

struct maps_asker;

/* wake: an eventfd that is written to whenever a job is done. NULL without memory or threads. */
struct maps_asker *maps_asker_start(int wake);

/* Takes the job over until maps_asker_done() gives it back. False, and nothing taken: too many
 * wait. */
bool maps_asker_ask(struct maps_asker *a, struct maps_job *job);

/* The next job that is done, with its reply, which is empty where it was dropped; NULL: none. */
struct maps_job *maps_asker_done(struct maps_asker *a);

/* Ends the threads, after the questions that they are asking, and frees all jobs. NULL is borne. */
void maps_asker_stop(struct maps_asker *a);

#endif
