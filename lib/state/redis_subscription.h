#ifndef COEXIST_STATE_REDIS_SUBSCRIPTION_H
#define COEXIST_STATE_REDIS_SUBSCRIPTION_H

#include "state/redis_connection.h"

/*
 * What is said on a connection over which Redis tells of changed keys: CLIENT TRACKING in broadcast
 * mode (Redis 6), redirected to the connection itself, which subscribes to __redis__:invalidate as
 * clients of RESP2 must. A user needs for it:
 *   +client|id +client|tracking +subscribe &__redis__:invalidate   and should have +ping +role
 */

#define REDIS_SUBSCRIPTION_RULE                                                                    \
    "+client|id +client|tracking +subscribe +ping +role &__redis__:invalidate"

#define REDIS_SUBSCRIPTION_PREFIXES_MAX 8

/* Why there is no subscription, or no more. */
struct redis_refusal {
    bool answered;    /* the server has said anything at all */
    const char *hint; /* what to do about it, a literal; or NULL */
    char why[RECORD_FAULT_MAX];
};

/* Asks the server for a sign of life, for its role, and for the id of this connection. False with
 * the refusal filled in: also for a server that redis_role_will_do() finds wanting. */
bool redis_subscription_ask(struct redis_connection *c, const struct redis_config *config,
                            int64_t deadline, int64_t *id, struct redis_refusal *no);

/* True once the server has confirmed: each later change of a key that begins with one of the
 * prefixes comes as a message. id: as asked for on the same connection;
 * prefixes: at most REDIS_SUBSCRIPTION_PREFIXES_MAX. */
bool redis_subscription_begin(struct redis_connection *c, int64_t id, const char *const *prefix,
                              size_t prefixes, int64_t deadline, struct redis_refusal *no);

/* Asks for a sign of life, which comes between the messages. False when it can't be sent. */
bool redis_subscription_ping(struct redis_connection *c, int64_t deadline,
                             struct redis_refusal *no);

enum redis_message {
    MESSAGE_PONG,
    MESSAGE_KEYS,   /* changed: redis_message_keys() */
    MESSAGE_ALL,    /* any key may have changed */
    MESSAGE_REFUSED /* the subscription has ended, with the refusal filled in */
};

enum redis_message redis_message_kind(const struct redis_reply *r, struct redis_refusal *no);

/* How many keys of a MESSAGE_KEYS, and each of them. */
size_t redis_message_keys(const struct redis_reply *r);
struct span redis_message_key(const struct redis_reply *r, size_t i);

/* Whether an answer to ROLE is that of a server whose data is kept up to date, or tells nothing of
 * that. False with a sentence for a replica that is not connected to its master; where there are
 * Sentinels, for any replica. */
bool redis_role_will_do(const struct redis_reply *r, const struct redis_config *config,
                        char why[RECORD_FAULT_MAX]);

#endif
