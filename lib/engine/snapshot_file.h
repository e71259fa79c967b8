#ifndef COEXIST_ENGINE_SNAPSHOT_FILE_H
#define COEXIST_ENGINE_SNAPSHOT_FILE_H

#include "core/hmac.h"
#include "engine/snapshot.h"

/*
 * Private to the writer and the reader of snapshots: the form of the file. Numbers are unsigned,
 * the highest octet first.
 *
 *   "coexist-snapshot 1\n"
 *   length 1, name of the key that signs
 *   8: time of writing, seconds UTC
 *   32: HMAC-SHA256 of SNAPSHOT_ORIGIN and the origin, which may hold a password
 *   for each answer: length 2, and what snapshot_record.h says
 *   length 2: 0
 *   8: number of answers
 *   32: HMAC-SHA256 of all that stands before
 */
#define SNAPSHOT_FAMILY "coexist-snapshot "
#define SNAPSHOT_MAGIC SNAPSHOT_FAMILY "1\n"
#define SNAPSHOT_ORIGIN "coexist-snapshot-origin:"

enum { SNAPSHOT_TIME_LEN = 8, SNAPSHOT_LENGTH_LEN = 2, SNAPSHOT_COUNT_LEN = 8 };

/* False when libcrypto refuses. */
bool snapshot_origin(const struct snapshot *s, const struct key *key, unsigned char out[HMAC_LEN]);

/* Makes the sentence, with the file's name before it, in printable ASCII. */
void snapshot_tell(const struct snapshot *s, char error[SNAPSHOT_ERROR_MAX], const char *format,
                   ...) __attribute__((format(printf, 3, 4)));

#endif
