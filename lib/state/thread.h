#ifndef COEXIST_STATE_THREAD_H
#define COEXIST_STATE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts a thread, to be joined or detached, that takes no signals: the process's own handling of
 * them stays as it is. False without resources for one. */
bool thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

/* A condition whose timed waits go by CLOCK_MONOTONIC, as state/deadline.h does. */
void thread_condition_init(pthread_cond_t *condition);

#endif
