#ifndef COEXIST_MILTER_METRICS_SERVER_H
#define COEXIST_MILTER_METRICS_SERVER_H

#include <stdbool.h>

/*
 * What a monitor asks for over HTTP, in one thread of its own, apart from the mail: `/metrics` for
 * Prometheus, `/healthz` (200 while the process answers), `/readyz` (200 while the state is known;
 * else 503, with a line that says why). Answers from the present engine.
 *
 * Whoever reaches it may ask, so it is meant for loopback. So many connections are served at once,
 * further ones wait; one that is silent is closed; none may send more than a few lines.
 */

#define METRICS_SERVER_CONNECTIONS 32
#define METRICS_SERVER_SILENCE_S 5
#define METRICS_SERVER_REQUEST_MAX 16384 /* octets of a request and the head of its answer */
#define METRICS_SERVER_ERROR_MAX 512

struct metrics_server;

/*
 * Listens, and answers nobody yet. endpoint: HOST:PORT or [IPV6]:PORT, of a name the first address
 * that can be had; NULL: nowhere. NULL with what is wrong and what to do in error.
 */
struct metrics_server *metrics_server_open(const char *endpoint,
                                           char error[METRICS_SERVER_ERROR_MAX]);

/* Begins to answer: after the process has become a daemon. False without threads. */
bool metrics_server_start(struct metrics_server *s);

/* Listens elsewhere, where the endpoint is another one; NULL: nowhere. False with what is wrong in
 * error, and then it goes on where it was. */
bool metrics_server_move(struct metrics_server *s, const char *endpoint,
                         char error[METRICS_SERVER_ERROR_MAX]);

/* Ends the thread and frees all. NULL is borne. */
void metrics_server_close(struct metrics_server *s);

#endif
