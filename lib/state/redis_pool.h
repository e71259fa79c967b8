#ifndef COEXIST_STATE_REDIS_POOL_H
#define COEXIST_STATE_REDIS_POOL_H

#include "state/record.h"
#include "state/redis_pause.h"

#define REDIS_CONNECTIONS_MAX 16

/*
 * Who may use which connection, and when nobody may. The pool knows connections as pointers: the
 * look-up that leases one opens, uses and closes it. Connections are made in generations: when one
 * is found dead, the idle ones made no later than it are closed too, since what ended it (a
 * restart, a failover) ended them.
 */

struct redis_pool;

struct redis_lease {
    void *connection; /* NULL: the holder makes one */
    uint64_t generation;
    struct redis_ticket ticket;
};

/* close: closes an idle connection. NULL without memory. */
struct redis_pool *redis_pool_new(void (*close)(void *connection));

/* No lease may be out. */
void redis_pool_free(struct redis_pool *p);

/*
 * Leases the right to use one connection; waits for one while REDIS_CONNECTIONS_MAX are in use.
 * False, with a sentence in why: a pause is on, or the deadline has passed. A lease ends with
 * redis_pool_give() or redis_pool_fail().
 */
bool redis_pool_take(struct redis_pool *p, int64_t deadline, struct redis_lease *lease,
                     char why[RECORD_FAULT_MAX]);

/* The leased connection was dead and is closed: the holder makes another. */
void redis_pool_renew(struct redis_pool *p, struct redis_lease *lease);

/* Closes the idle connections, and each that is out when it is given back: it is another server
 * that is meant now. A pause ends. What is connected for leases taken from now on is not concerned.
 */
void redis_pool_retire(struct redis_pool *p);

/* The server has answered. lease->connection is kept for the next, unless NULL: closed. */
void redis_pool_give(struct redis_pool *p, struct redis_lease *lease);

/* The server has failed; the connection is closed. A pause begins. */
void redis_pool_fail(struct redis_pool *p, struct redis_lease *lease, const char *why);

#endif
