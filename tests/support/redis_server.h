#ifndef COEXIST_TESTS_REDIS_SERVER_H
#define COEXIST_TESTS_REDIS_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A Redis server of the test's own: in a temporary folder, on a unix socket, nothing on disk. It
 * ends, and the folder goes, with the process that made it, however that ends. Whatever goes wrong
 * here fails the test.
 */
struct redis_server {
    char folder[64];
    char path[96];       /* of the socket */
    const char *program; /* NULL: redis-server. Set after redis_server_init() */
    unsigned port;       /* 0: it has none */
    int pid;             /* 0: not running */
    int guard;           /* closed, it lets the one who removes the folder go to work */
    int guard_pid;
};

/* Whether a program of that name can be started. */
bool redis_server_exists(const char *program);

/* Makes the folder; the server is not running yet. */
void redis_server_init(struct redis_server *s);

/* Starts it, with the NULL-ended words as further options (NULL: none), and waits until it answers.
 * Also after redis_server_kill(). */
void redis_server_start(struct redis_server *s, const char *const *options);

/* The same, on a free port of 127.0.0.1 too, the same one each time. How: `--port`, `--tls-port`.
 */
void redis_server_listen(struct redis_server *s, const char *how, const char *const *options);

/* Starts it as a Sentinel with these lines of configuration, on a port as redis_server_listen().
 * How: `port`, `tls-port`. */
void redis_server_watch(struct redis_server *s, const char *how, const char *lines);

/* Ends it at once, as a crash would. */
void redis_server_kill(struct redis_server *s);

void redis_server_signal(struct redis_server *s, int signal);

/* Runs one command, words ended by NULL, on a connection of its own, and fails the test when the
 * reply is an error. Gives the first line of the reply. */
const char *redis_server_run(struct redis_server *s, char reply[256], ...)
    __attribute__((sentinel));

/* The same, but the reply may be an error: a text that begins with '-'. */
const char *redis_server_try(struct redis_server *s, char reply[256], ...)
    __attribute__((sentinel));

void redis_server_free(struct redis_server *s);

/* Makes a temporary folder that is removed when this process ends: *guard is the descriptor that
 * keeps it, the result the pid to wait for after closing that. */
int temporary_folder(char folder[64], int *guard);

#endif
