#ifndef COEXIST_ENGINE_SNAPSHOT_RECORD_H
#define COEXIST_ENGINE_SNAPSHOT_RECORD_H

#include "state/store.h"

/*
 * One answer as it stands in a snapshot. Numbers are unsigned, the highest octet first.
 *
 *   kind 1, answer 1: as in their enumerations; known 8: seconds UTC
 *   name length 2, name
 *   found: fields 1, and each of them: name length 1, name, value length 2, value
 *   bad:   length 2, what is wrong with it
 */

#define SNAPSHOT_RECORD_MAX 4096

/* Adds an answer to *out. False, with nothing added, where it is none to keep: unavailable, of no
 * name, of too long a one, known at no time. False too when the buffer has failed. */
bool snapshot_record_write(const struct store_query *query, int64_t known, struct buf *out);

/* Reads what fills the text whole. query->name is then a part of it. False unless it is an answer
 * that can be kept, of a record that record_read() calls good. */
bool snapshot_record_read(struct span text, struct store_query *query, int64_t *known);

/* Numbers of n octets, at most 8. snapshot_number_read() takes one off the beginning of *rest;
 * false where it is too short. */
void snapshot_number_write(struct buf *out, uint64_t number, size_t n);
bool snapshot_number_read(struct span *rest, size_t n, uint64_t *number);

#endif
