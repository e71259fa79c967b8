#ifndef COEXIST_SYS_FILE_H
#define COEXIST_SYS_FILE_H

#include "base/buf.h"
#include "base/result.h"
#include "sys/account.h"

/*
 * Reads a whole regular file into *out, in place of what was there, up to the buffer's limit
 * (RESULT_LIMIT). On RESULT_SYSTEM errno says why: EISDIR for a directory, EINVAL for a FIFO, a
 * device and the like. After any failure *out is as it was.
 */
enum result file_read(const char *path, struct buf *out);

/*
 * Reads a secret file: as file_read(), but refuses with RESULT_SYNTAX one that its group or others
 * may read or write (mode 0600 or less is right), or that belongs neither to the effective user nor
 * to root nor to owner, who may be NULL.
 */
enum result file_read_secret(const char *path, const struct account *owner, struct buf *out);

/* Makes a new file of mode 0600 with that text, synced to disk; RESULT_SYSTEM with errno EEXIST
 * where it exists. Nothing is left behind on failure. */
enum result file_write_secret(const char *path, struct span text);

/* Gives a file to a user and its group. RESULT_SYSTEM with errno. */
enum result file_give(const char *path, const struct account *to);

#endif
