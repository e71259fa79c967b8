#ifndef COEXIST_ENGINE_SNAPSHOT_H
#define COEXIST_ENGINE_SNAPSHOT_H

#include "core/keyring.h"
#include "state/cache_store.h"
#include "sys/account.h"

/*
 * What the cache remembers, in a file: so that a host that starts while the state is away still
 * routes the users that it knew. The file is signed by the node's key, bound to the state that it
 * was read from, and replaced in one step (written beside, synced, renamed).
 */

#define SNAPSHOT_ERROR_MAX 256
#define SNAPSHOT_FILE_SHOWN 96 /* octets of the end of a file's name that an error shows */

struct snapshot {
    const char *file;
    const char *origin; /* names the state and its key prefix; of another one nothing is read */
    const struct account *owner; /* whose file may be read, besides that of this process's user and
                                    of root; NULL: nobody's */
};

/* Writes what may still be served. The number of records in *records. False with a sentence in
 * error that names the file; the file is then as it was. */
bool snapshot_write(const struct snapshot *s, struct store *cache, const struct key *key,
                    int64_t now, size_t *records, char error[SNAPSHOT_ERROR_MAX]);

/*
 * Reads all of the file into the cache, as stale, or nothing: not when it is truncated, altered,
 * signed by none of the keys, of another version or of another origin, dated more than
 * SNAPSHOT_SKEW_S in the future, open to be written by others, or holds a record that is not a good
 * one. False with a sentence in error that names the file and what is wrong with it; a file that is
 * not there is an empty one. In *records the number of those that the cache has taken.
 */
#define SNAPSHOT_SKEW_S 300

bool snapshot_read(const struct snapshot *s, struct store *cache, const struct keyring *keys,
                   int64_t now, size_t *records, char error[SNAPSHOT_ERROR_MAX]);

#endif
