#ifndef COEXIST_MILTER_LISTENER_H
#define COEXIST_MILTER_LISTENER_H

#include "milter/endpoint.h"
#include "sys/config.h"

#define LISTENER_ERROR_MAX ENDPOINT_ERROR_MAX

/* The configured socket is a TCP one. */
bool listener_is_tcp(const struct config *c);

/*
 * Opens the socket that is configured, through libmilter; see endpoint_clear() for what may be
 * there. Sets mode and group of a unix socket, TCP_NODELAY on a TCP one. False, with what is wrong
 * and what to do in error, when it cannot be had.
 */
bool listener_open(const struct config *c, char error[LISTENER_ERROR_MAX]);

/* Removes a unix socket's file. */
void listener_remove(const struct config *c);

#endif
