#ifndef COEXIST_STATE_REDIS_STORE_H
#define COEXIST_STATE_REDIS_STORE_H

#include "state/store.h"

/*
 * Records in Redis (HGETALL, pipelined). redis_connection.c alone includes hiredis.h.
 * The process must ignore SIGPIPE: hiredis writes to connections that the server may have closed.
 *
 * Opens no connection until the first look-up; keeps up to REDIS_CONNECTIONS_MAX (redis_pool.h),
 * each used by one thread at a time; a connection on which anything went wrong is closed. A look-up
 * that finds them all in use waits for one, within its own time limit.
 *
 * After a failure to connect (AUTH and SELECT included) or to answer in time and in the protocol
 * the server is not asked again for a pause that doubles from REDIS_PAUSE_FIRST_MS to
 * REDIS_PAUSE_MAX_MS (redis_pause.h); meanwhile look-ups answer STORE_UNAVAILABLE at once. The
 * first look-up after a pause tries alone; an answer ends the pauses. An error reply (LOADING,
 * NOAUTH, OOM, MASTERDOWN,
 * ...) is STORE_UNAVAILABLE without a pause, but WRONGTYPE, which is STORE_BAD.
 */

#define REDIS_PATH_MAX 106 /* of a unix socket: hiredis cuts a longer one without a word */

struct redis_config {
    const char *host; /* NULL when path is set */
    unsigned port;
    const char *path;     /* unix socket, or NULL */
    const char *user;     /* ACL user, or NULL */
    const char *password; /* or NULL: no AUTH */
    unsigned database;
    const char *prefix;
    unsigned connect_timeout_ms; /* the whole of connecting, AUTH and SELECT included */
    unsigned command_timeout_ms; /* the whole of one fetch but for connecting */
};

/* Copies what it needs of the configuration. NULL without memory. */
struct store *redis_store_new(const struct redis_config *config);

#endif
