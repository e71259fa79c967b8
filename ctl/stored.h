#ifndef COEXIST_CTL_STORED_H
#define COEXIST_CTL_STORED_H

#include "state/record.h"
#include "state/redis_reply.h"

/* A record as Redis answers to HGETALL, good or not. */
struct stored {
    bool there;
    bool good;                                    /* of one that is there */
    struct record_field field[RECORD_FIELDS_MAX]; /* borrowed from the answer; no more than fit */
    size_t fields;
    struct record record;         /* of a good one */
    char fault[RECORD_FAULT_MAX]; /* of another */
};

/* False for what is no answer to HGETALL: an error but WRONGTYPE, which is a record that is not
 * good. */
bool stored_read(enum record_kind kind, const struct redis_reply *reply, struct stored *out);

/* The value of a field; absent where there is none. */
struct span stored_value(const struct stored *s, const char *field);

/* The name of the kind in keys and for people: `user`, `group`, `domain`. */
const char *stored_kind_name(enum record_kind kind);

/* The record's key; NULL when it is too long, or without memory. The caller frees it. */
char *stored_key(const char *prefix, enum record_kind kind, struct span name);

#endif
