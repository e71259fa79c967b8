#ifndef COEXIST_STATE_REDIS_CONNECTION_H
#define COEXIST_STATE_REDIS_CONNECTION_H

#include "state/redis_names.h"
#include "state/redis_store.h"

/*
 * One connection to Redis, used by one thread at a time. No function waits beyond the deadline that
 * it is given (see deadline.h), however the octets trickle in.
 */

#define REDIS_REPLY_OCTETS_MAX 1048576
#define REDIS_REPLY_ELEMENTS_MAX 65536

struct redis_connection;

enum redis_outcome {
    OUTCOME_DONE,
    OUTCOME_REFUSED,  /* an error reply; the connection goes on */
    OUTCOME_TOO_LONG, /* the reply passes a cap above; the connection is of no more use */
    OUTCOME_STALE,    /* closed by the server before the first octet, and used before that */
    OUTCOME_FAILED    /* with a sentence; the connection is of no more use */
};

/* Connects, with AUTH and SELECT where they are configured. names is needed without config->path.
 * NULL, with a sentence in why, on any failure. */
struct redis_connection *redis_connection_open(const struct redis_config *config,
                                               struct redis_names *names, int64_t deadline,
                                               char why[RECORD_FAULT_MAX]);

/* A struct redis_connection, as a pool holds it. */
void redis_connection_close(void *connection);

/* Before another exchange: nothing shows that the server is gone, or sent what nobody asked for. */
bool redis_connection_reusable(struct redis_connection *c);

/* Adds one command to the next exchange; b absent: it has one argument. Without memory for it the
 * exchange fails. */
void redis_connection_add(struct redis_connection *c, const char *name, struct span a,
                          struct span b);

/* Begins an exchange: sends what was added. */
enum redis_outcome redis_connection_send(struct redis_connection *c, int64_t deadline,
                                         char why[RECORD_FAULT_MAX]);

/* Reads the reply to one HGETALL into the query's answer, with OUTCOME_DONE, OUTCOME_REFUSED and
 * OUTCOME_TOO_LONG; else leaves it as it was. */
enum redis_outcome redis_connection_answer(struct redis_connection *c, int64_t deadline,
                                           struct store_query *q, char why[RECORD_FAULT_MAX]);

/* After the last answer: there is nothing left that belongs to none. */
bool redis_connection_in_step(const struct redis_connection *c);

#endif
