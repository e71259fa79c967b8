#ifndef COEXIST_SYS_FILE_H
#define COEXIST_SYS_FILE_H

#include <stdint.h>

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

/*
 * A regular file that nobody may change but its owner: the effective user, root, or owner, who may
 * be NULL. Any other is refused with RESULT_SYNTAX. It is read in pieces, as often as need be, and
 * stays the same file whatever takes its name meanwhile.
 */
struct file_pieces {
    int fd;
    uint64_t size; /* as it was opened */
};
enum result file_open_pieces(const char *path, const struct account *owner,
                             struct file_pieces *out);

/* All n octets from offset on; RESULT_LIMIT where the file ends before. */
enum result file_read_piece(const struct file_pieces *f, uint64_t offset, char *to, size_t n);

void file_close_pieces(struct file_pieces *f);

/*
 * A file of mode 0600 that is written in pieces beside another, as its name with FILE_NEW_SUFFIX,
 * and takes its place in one step. Any failure ends the writing, with nothing left behind and the
 * other as it was; after that adding and ending fail with the same errno. What a killed process has
 * left behind is written over. While somebody else is at it, beginning fails with EWOULDBLOCK.
 */
#define FILE_NEW_SUFFIX ".new"

struct file_replacement {
    char *path; /* NULL: ended */
    char *temporary;
    int fd;
    int why; /* errno of the failure */
};
enum result file_replace_begin(struct file_replacement *r, const char *path);
enum result file_replace_add(struct file_replacement *r, struct span piece);

/* All that has been added is then on the disk, under that name. Also where that fails because the
 * folder cannot be synced the name is already that of the new file. */
enum result file_replace_end(struct file_replacement *r);

/* Instead of an end. Also after one, and after a failure. */
void file_replace_drop(struct file_replacement *r);

/* Gives a file to a user and its group. RESULT_SYSTEM with errno. */
enum result file_give(const char *path, const struct account *to);

#endif
