#ifndef COEXIST_MILTER_MAPS_SERVER_H
#define COEXIST_MILTER_MAPS_SERVER_H

/*
 * Serves the maps of engine/map.h by the socketmap protocol of Postfix (socketmap_table(5)), in a
 * thread of its own that waits for no store: what is not remembered is asked by other threads, and
 * a client that has waited for it for MAPS_PATIENCE_MS gets the answer of what is remembered from
 * before, or TEMP. A stranger's connection costs a fixed amount of memory; there are at most
 * MAPS_CLIENTS_MAX, or half the descriptors that the process may have, and one more takes the place
 * of the one that asked for nothing the longest. What is no request ends its connection.
 */

#define MAPS_PATIENCE_MS 40
#define MAPS_CLIENTS_MAX 4096

struct maps_server;

/* Serves at the descriptor, which listens and does not block, and is taken over where this
 * succeeds. NULL without memory, threads or descriptors. */
struct maps_server *maps_server_start(int listener);

/* Ends the threads and closes all that is open. NULL is borne. */
void maps_server_stop(struct maps_server *s);

#endif
