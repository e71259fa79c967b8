#ifndef COEXIST_STATE_BREAKER_READER_H
#define COEXIST_STATE_BREAKER_READER_H

#include "state/breaker_set.h"
#include "state/redis_client.h"

#define BREAKER_PAGE 500 /* members in one reply */

enum breaker_answer {
    BREAKERS_READ,
    BREAKERS_REFUSED, /* by an error reply, with its words in why */
    BREAKERS_UNHEARD  /* the server did not answer */
};

/* Reads those that are open at this second, BREAKER_OPEN_MAX at most, those that close last first;
 * the set is changed with BREAKERS_READ only. What is no breaker is left out. */
enum breaker_answer breaker_reader_read(struct redis_client *client, struct breaker_set *set,
                                        int64_t now, char why[RECORD_FAULT_MAX]);

#endif
