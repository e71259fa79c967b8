#ifndef COEXIST_TESTS_REDIS_LISTENER_H
#define COEXIST_TESTS_REDIS_LISTENER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "state/redis_tracker.h"

/* A tracker with a target and a client of its own, and a record of all that it says. */

#define LISTENER_EVENTS_MAX 4096
#define LISTENER_LINES_MAX 64

struct redis_listener {
    struct redis_target *target;
    struct redis_client *client;
    struct redis_tracker *tracker;
    void (*on_heard)(
        void *arg); /* called by the tracker's thread, before it is recorded; or NULL */
    void *arg;
    pthread_mutex_t lock;
    pthread_cond_t more;
    char *event[LISTENER_EVENTS_MAX]; /* `heard`, `unheard here`, `unheard away`, `all`, `+KEY` */
    size_t events, next;              /* next: the first that was not asked for yet */
    char *line[LISTENER_LINES_MAX];   /* `EVENT: TEXT`, with `!` before a warning */
    size_t lines;
};

/* Makes all but the tracker. */
void redis_listener_init(struct redis_listener *l, const struct redis_config *config);

/* Starts it with the prefixes coexist:user: and coexist:group:. */
void redis_listener_start(struct redis_listener *l, unsigned ping_interval_ms);

/* The next event, which belongs to the listener. wanted: for when it takes too long, and the test
 * fails. */
const char *redis_listener_next(struct redis_listener *l, const char *wanted);

/* The next event is this one; or, for redis_listener_await(), one of the next. Else, or when it
 * takes too long, the test fails. */
void redis_listener_expect(struct redis_listener *l, const char *event);
void redis_listener_await(struct redis_listener *l, const char *event);

/* Waits until so many lines were told; line i begins with the text. */
void redis_listener_expect_line(struct redis_listener *l, size_t i, const char *begin);

size_t redis_listener_lines(struct redis_listener *l);

/* Ends the tracker, and what it used. */
void redis_listener_free(struct redis_listener *l);

#endif
