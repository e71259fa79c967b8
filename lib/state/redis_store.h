#ifndef COEXIST_STATE_REDIS_STORE_H
#define COEXIST_STATE_REDIS_STORE_H

#include "state/redis_client.h"
#include "state/store.h"

/*
 * Records in Redis (HGETALL, pipelined, by redis_client.h). An error reply (LOADING, NOAUTH, OOM,
 * MASTERDOWN, ...) is STORE_UNAVAILABLE, but WRONGTYPE, which is STORE_BAD.
 * The process must ignore SIGPIPE: hiredis writes to connections that the server may have closed.
 */

/* Borrows the client, which must outlive it; prefix of the keys is the target's. NULL without
 * memory. */
struct store *redis_store_new(struct redis_client *client);

#endif
