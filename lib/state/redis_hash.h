#ifndef COEXIST_STATE_REDIS_HASH_H
#define COEXIST_STATE_REDIS_HASH_H

#include "state/record.h"
#include "state/redis_reply.h"

/*
 * The fields in an answer to HGETALL, borrowed from it: *fields of them, of which no more than fit
 * are in field[]. False for a list that is no such answer: an odd number of items, or another item
 * than a text.
 */
bool redis_hash_read(const struct redis_reply *list, struct record_field field[RECORD_FIELDS_MAX],
                     size_t *fields);

#endif
