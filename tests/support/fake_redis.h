#ifndef COEXIST_TESTS_FAKE_REDIS_H
#define COEXIST_TESTS_FAKE_REDIS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

/*
 * A server in a thread that answers commands by a script, whatever they ask, and counts what it
 * sees. For what a real Redis cannot be made to do on demand.
 */

enum fake_then {
    FAKE_GO_ON,  /* waits for the next command */
    FAKE_CLOSE,  /* closes the connection */
    FAKE_SILENT, /* reads on, and never says anything again on this connection */
    FAKE_TRICKLE /* has sent nothing yet: sends its text octet by octet, again and again */
};

struct fake_step {
    const char *text; /* what is sent; NULL: nothing */
    size_t length;    /* 0: that of the C string */
    enum fake_then then;
};

struct fake_redis {
    char folder[64];
    char path[96];
    unsigned port;           /* of 127.0.0.1; 0: on the path instead */
    atomic_uint connections; /* accepted so far */
    atomic_uint commands;    /* received so far */
    atomic_uint open;        /* connections that are open now */
    atomic_uint gate;        /* answers wait until so many commands have come; 0: none wait */
    const struct fake_step *step;
    size_t steps;
    int guard, guard_pid, listener, stop[2];
    pthread_t thread;
};

/* Command k of all that come gets step k; when the script is at its end, its last step. The script
 * is borrowed. */
void fake_redis_start(struct fake_redis *f, const struct fake_step *step, size_t steps);

/* The same on a free port. */
void fake_redis_listen(struct fake_redis *f, const struct fake_step *step, size_t steps);

void fake_redis_stop(struct fake_redis *f);

/* A socket that listens on a port of its own on the loopback; nobody accepts. */
int listen_on_loopback(int backlog, unsigned *port);

#endif
