#ifndef COEXIST_STATE_REDIS_SENTINEL_H
#define COEXIST_STATE_REDIS_SENTINEL_H

#include "state/redis_connection.h"

/* Asks Redis Sentinels where the master is. May be called from any thread. */

struct redis_sentinels;

struct redis_master {
    char host[REDIS_HOST_MAX + 1]; /* a name or a numeric address, as the Sentinel has it */
    unsigned port;
};

/* Borrows the configuration. NULL without memory. */
struct redis_sentinels *redis_sentinels_new(const struct redis_config *config);

/* NULL is borne. */
void redis_sentinels_free(struct redis_sentinels *s);

/* Number k of the Sentinels in the order in which they are to be asked, from 0: the one that was
 * last right comes first. */
size_t redis_sentinels_turn(struct redis_sentinels *s, size_t k);

/* The Sentinel number i was right. */
void redis_sentinels_prefer(struct redis_sentinels *s, size_t i);

/* Asks the Sentinel number i. False, with a sentence in why that names it, when it cannot be asked
 * or does not know the master. */
bool redis_sentinels_ask(struct redis_sentinels *s, size_t i, int64_t deadline,
                         struct redis_master *out, char why[RECORD_FAULT_MAX]);

#endif
