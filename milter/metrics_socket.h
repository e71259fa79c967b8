#ifndef COEXIST_MILTER_METRICS_SOCKET_H
#define COEXIST_MILTER_METRICS_SOCKET_H

#include "milter/metrics_server.h"

/* A TCP socket that listens at HOST:PORT or [IPV6]:PORT; the caller closes it. -1 with one line in
 * error. */
int metrics_socket_open(const char *endpoint, char error[METRICS_SERVER_ERROR_MAX]);

#endif
