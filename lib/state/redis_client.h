#ifndef COEXIST_STATE_REDIS_CLIENT_H
#define COEXIST_STATE_REDIS_CLIENT_H

#include "state/redis_target.h"

/*
 * Pipelined exchanges with one server, by any thread, each over one of up to REDIS_CONNECTIONS_MAX
 * connections (redis_pool.h). A connection on which anything went wrong is closed, also after an
 * error reply but WRONGTYPE; one that the server had closed before the exchange is replaced once
 * without a failure.
 *
 * After a failure to connect (AUTH and SELECT included) or to answer in time and in the protocol
 * the server is not asked again for a pause that doubles from REDIS_PAUSE_FIRST_MS to
 * REDIS_PAUSE_MAX_MS (redis_pause.h); meanwhile exchanges fail at once. The first one after a pause
 * tries alone; an answer ends the pauses. An error reply begins no pause.
 */

struct redis_client;

/* Borrows the target, which must outlive it. NULL without memory. */
struct redis_client *redis_client_new(struct redis_target *target);

/* No exchange may be under way. NULL is borne. */
void redis_client_free(struct redis_client *c);

struct redis_target *redis_client_target(const struct redis_client *c);

/* One exchange: n commands, n answers. A command may be sent twice (once on a stale connection): it
 * must bear that, or be one whose loss or repetition does not matter. */
struct redis_exchange {
    size_t n;
    /* Adds command i to the connection, exactly one; or none, with false: it is then left out. */
    bool (*add)(void *arg, size_t i, struct redis_connection *c);
    /* The reply to command i; of kind REDIS_ERROR and REDIS_TOO_LONG too. False: it is nothing that
     * Redis would answer to this command, and the connection is not to be trusted. */
    bool (*answer)(void *arg, size_t i, const struct redis_reply *reply);
    void *arg;
};

/* True when each command that was added has been answered. Else false, with a sentence in why;
 * commands without an answer may or may not have been carried out. */
bool redis_client_run(struct redis_client *c, const struct redis_exchange *x,
                      char why[RECORD_FAULT_MAX]);

/* Closes idle connections, and others when their exchange ends: the server is another one now. */
void redis_client_retire(struct redis_client *c);

#endif
