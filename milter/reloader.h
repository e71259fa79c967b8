#ifndef COEXIST_MILTER_RELOADER_H
#define COEXIST_MILTER_RELOADER_H

#include <pthread.h>
#include <stdatomic.h>

#include "milter/metrics_server.h"
#include "sys/config.h"

/*
 * A thread that reads the configuration anew at each SIGUSR1. The main thread cannot do it: reading
 * may wait for DNS, and an order to end must not wait for that.
 */
struct reloader {
    const char *file;
    const struct config *first; /* what the process was started with */
    struct metrics_server *metrics;
    pthread_t thread;
    atomic_bool ending;
};

/* SIGUSR1 must be blocked in all threads. Borrows all three until reloader_end(). False when no
 * thread can be made. */
bool reloader_start(struct reloader *r, const char *file, const struct config *first,
                    struct metrics_server *metrics);

/* As SIGUSR1 does. */
void reloader_ask(const struct reloader *r);

/* Ends the thread, after the reload under way. */
void reloader_end(struct reloader *r);

#endif
