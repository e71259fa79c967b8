#ifndef COEXIST_STATE_REDIS_TARGET_H
#define COEXIST_STATE_REDIS_TARGET_H

#include "state/redis_connection.h"

/*
 * Which server is meant at this moment. For a host name: its addresses in turn; for Sentinels: the
 * master that the first of them to answer names, checked by ROLE; else the one that there is.
 *
 * A pin makes all further connections go to one server: what reads records must read them from the
 * very server that says when they change. May be called from any thread.
 */

struct redis_target;

/* Copies what it needs of the configuration. NULL without memory. */
struct redis_target *redis_target_new(const struct redis_config *config);

/* No connection may be under way. NULL is borne. */
void redis_target_free(struct redis_target *t);

const struct redis_config *redis_target_config(const struct redis_target *t);

/* Connects to the pinned server, else to the one that is meant now. NULL with a sentence in why. */
struct redis_connection *redis_target_connect(struct redis_target *t, int64_t deadline,
                                              char why[RECORD_FAULT_MAX]);

/* As redis_target_connect(), as if there were no pin. */
struct redis_connection *redis_target_connect_anew(struct redis_target *t, int64_t deadline,
                                                   char why[RECORD_FAULT_MAX]);

/* Pins to the server of this connection. True when another, or none, was pinned before. */
bool redis_target_pin(struct redis_target *t, const struct redis_connection *c);

/*
 * Whether the pinned server is still the one that is meant: false when the Sentinels name another
 * master. True also while none of them answers, and always without Sentinels. Waits until the
 * deadline at most.
 */
bool redis_target_still_meant(struct redis_target *t, int64_t deadline);

#endif
