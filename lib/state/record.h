#ifndef COEXIST_STATE_RECORD_H
#define COEXIST_STATE_RECORD_H

#include "base/buf.h"
#include "base/words.h"

/* The records of the Redis schema: their keys, their fields, and what a good one is. */

enum record_kind { RECORD_USER, RECORD_GROUP, RECORD_DOMAIN };
#define RECORD_KINDS 3

#define RECORD_VALUE_MAX 512 /* longest value of `route` and `alias` */
#define RECORD_GROUP_MAX 128 /* longest name of a group */
#define RECORD_FIELDS_MAX 32 /* more fields in one hash are a fault */
#define RECORD_FAULT_MAX 160 /* longest sentence that says what is wrong, NUL included */
#define RECORD_KEY_MAX 1280  /* longest key: prefix, kind and name */

struct record {
    enum record_kind kind;
    enum home home;                   /* HOME_UNSET: no such field */
    enum mode mode;                   /* domain records only */
    enum home calendar;               /* user: HOME_PRIMARY, HOME_SECONDARY or HOME_UNSET */
    char route[RECORD_VALUE_MAX + 1]; /* user; "" when absent */
    char alias[RECORD_VALUE_MAX + 1]; /* user; "" when absent; lower case */
    char group[RECORD_GROUP_MAX + 1]; /* user; "" when absent; as written */
};

struct record_field {
    struct span name;
    struct span value;
};

/*
 * Writes the key: prefix, `user:` (`group:`, `domain:`), name. The name of a user or domain is
 * expected in lower case. False when it passes RECORD_KEY_MAX.
 */
bool record_key(struct span prefix, enum record_kind kind, struct span name, struct buf *out);

/* Reads a key: true with *kind and *name (a part of key) set when it is the key of a record. */
bool record_of_key(struct span prefix, struct span key, enum record_kind *kind, struct span *name);

/*
 * Reads the fields of one hash. True with *out filled; else false, with a sentence for the log in
 * fault (`home is 'secodnary', not one of primary, secondary, both, moving`). A field that the kind
 * does not have is a fault too: a mistyped name is never taken for an absent one. So are an empty
 * value other than of `note`, an over-long value, controls in one, and an `alias` beside `home`,
 * `route` or `group`. Whatever stands in a fault is printable ASCII.
 */
bool record_read(enum record_kind kind, const struct record_field *field, size_t fields,
                 struct record *out, char fault[RECORD_FAULT_MAX]);

#endif
