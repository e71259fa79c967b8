#ifndef COEXIST_MILTER_ENDPOINT_H
#define COEXIST_MILTER_ENDPOINT_H

#include <stdbool.h>
#include <sys/types.h>

/* A socket to listen at, as the configuration names it. */
struct endpoint {
    const char *option;  /* that names it, for messages */
    const char *address; /* unix:PATH, inet:PORT@HOST or inet6:PORT@HOST */
    mode_t mode;         /* of a unix socket */
    const char *group;   /* of a unix socket; NULL: leave it */
};

#define ENDPOINT_ERROR_MAX 512
#define ENDPOINT_BACKLOG 512

/* The path of a unix socket, a part of the address; NULL for a TCP one. */
const char *endpoint_path(const struct endpoint *e);

/*
 * Makes way at the path of a unix socket: a socket file that nobody answers at is removed; one at
 * which somebody does, and a file of another kind, are left alone. Nothing for a TCP one. False
 * with what is wrong and what to do in error.
 */
bool endpoint_clear(const struct endpoint *e, char error[ENDPOINT_ERROR_MAX]);

/* Gives the file of a unix socket its mode and group. Nothing for a TCP one. False with error. */
bool endpoint_set_access(const struct endpoint *e, char error[ENDPOINT_ERROR_MAX]);

/* Both of them around a socket of one's own that listens and does not block. The caller closes it;
 * -1 with error. */
int endpoint_open(const struct endpoint *e, char error[ENDPOINT_ERROR_MAX]);

/* Removes the file of a unix socket. */
void endpoint_remove(const struct endpoint *e);

/* Writes what is wrong; false. */
bool endpoint_fault(char error[ENDPOINT_ERROR_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
