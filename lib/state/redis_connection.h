#ifndef COEXIST_STATE_REDIS_CONNECTION_H
#define COEXIST_STATE_REDIS_CONNECTION_H

#include "state/redis_config.h"
#include "state/redis_names.h"
#include "state/redis_reply.h"

/*
 * One connection to Redis, used by one thread at a time. No function waits beyond the deadline that
 * it is given (see deadline.h), however the octets trickle in.
 */

#define REDIS_REPLY_OCTETS_MAX 1048576
#define REDIS_REPLY_ELEMENTS_MAX 65536 /* in all its lists together */
#define REDIS_REPLY_DEPTH_MAX 5        /* lists in lists: XREAD's answer has as many */
#define REDIS_WORDS_MAX 128            /* of one command */

struct redis_connection;

enum redis_outcome {
    OUTCOME_DONE,
    OUTCOME_TOO_LONG, /* the reply passes a cap above; the connection is of no more use */
    OUTCOME_STALE,    /* closed by the server before the first octet, and used before that */
    OUTCOME_FAILED    /* with a sentence; the connection is of no more use */
};

/* Where one server is. */
struct redis_place {
    struct redis_address address;  /* length 0: the unix socket of the configuration */
    char host[REDIS_HOST_MAX + 1]; /* as configured, or as a Sentinel has it: for TLS to check */
};

/* Connects, with TLS, AUTH (unless user and password are NULL) and SELECT where they are
 * configured. NULL, with a sentence in why, on any failure. */
struct redis_connection *redis_connection_open(const struct redis_config *config,
                                               const struct redis_place *place, int64_t deadline,
                                               char why[RECORD_FAULT_MAX]);

/* Connects to the first of these addresses of the host that can be connected to, one after the
 * other, each with an equal share of the time that is left. */
struct redis_connection *redis_connection_first(const struct redis_config *config,
                                                const struct redis_addresses *addresses,
                                                const char *host, int64_t deadline,
                                                char why[RECORD_FAULT_MAX]);

/* A struct redis_connection, as a pool holds it. */
void redis_connection_close(void *connection);

/* Where it is connected to. */
const struct redis_place *redis_connection_place(const struct redis_connection *c);

/* Before another exchange: nothing shows that the server is gone, or sent what nobody asked for. */
bool redis_connection_reusable(struct redis_connection *c);

/* Adds one command to the next exchange. Without memory for it, or with more than REDIS_WORDS_MAX
 * words, the exchange fails. */
void redis_connection_add(struct redis_connection *c, const struct span *word, size_t words);

/* Adds commands that are in the protocol's form already: arrays of bulk strings. */
void redis_connection_add_formatted(struct redis_connection *c, struct span commands);

/* Begins an exchange: sends what was added. */
enum redis_outcome redis_connection_send(struct redis_connection *c, int64_t deadline,
                                         char why[RECORD_FAULT_MAX]);

/* The next reply, with OUTCOME_DONE, which the caller frees with redis_reply_free(). A connection
 * that is subscribed gets its messages by this too. */
enum redis_outcome redis_connection_reply(struct redis_connection *c, int64_t deadline,
                                          struct redis_reply **out, char why[RECORD_FAULT_MAX]);

/* Waits until there is something to read on the connection, wake (a descriptor, or -1) is readable,
 * or the deadline has passed. True: read, by redis_connection_reply(). */
bool redis_connection_wait(struct redis_connection *c, int wake, int64_t deadline);

/* After the last answer: there is nothing left that belongs to none. */
bool redis_connection_in_step(const struct redis_connection *c);

#endif
