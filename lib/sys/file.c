#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_CHUNK 16384
#define TEMPORARY_SUFFIX ".XXXXXX"

static void close_keeping_errno(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

static void unlink_keeping_errno(const char *path)
{
    int saved = errno;
    unlink(path);
    errno = saved;
}

/* Without waiting for a writer, should it be a FIFO. Returns -1 with errno. */
static int open_regular(const char *path, struct stat *st)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -1;
    if (fstat(fd, st) == 0) {
        if (S_ISREG(st->st_mode))
            return fd;
        errno = S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
    }
    close_keeping_errno(fd);
    return -1;
}

static enum result read_to_end(int fd, struct buf *out)
{
    char chunk[READ_CHUNK];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return RESULT_SYSTEM;
        if (got == 0)
            return RESULT_OK;
        bool fits = (size_t)got <= out->limit - out->n;
        buf_add(out, (struct span){ chunk, (size_t)got });
        if (!buf_ok(out))
            return fits ? RESULT_NO_MEMORY : RESULT_LIMIT;
    }
}

/* The text replaces that of *out only when all of it has been read. */
static enum result read_and_close(int fd, struct buf *out)
{
    struct buf text;
    buf_init(&text, out->limit);
    enum result result = read_to_end(fd, &text);
    close_keeping_errno(fd);
    if (result == RESULT_OK) {
        buf_free(out);
        *out = text;
    } else {
        int saved = errno;
        buf_free(&text);
        errno = saved;
    }
    return result;
}

enum result file_read(const char *path, struct buf *out)
{
    struct stat st;
    int fd = open_regular(path, &st);
    return fd < 0 ? RESULT_SYSTEM : read_and_close(fd, out);
}

static bool is_owned(const struct stat *st, const struct account *owner)
{
    return st->st_uid == geteuid() || st->st_uid == 0 || (owner && st->st_uid == owner->uid);
}

enum result file_read_secret(const char *path, const struct account *owner, struct buf *out)
{
    struct stat st;
    int fd = open_regular(path, &st);
    if (fd < 0)
        return RESULT_SYSTEM;
    if (!is_owned(&st, owner) || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        close(fd);
        return RESULT_SYNTAX;
    }
    return read_and_close(fd, out);
}

static bool write_all(int fd, struct span text)
{
    while (text.n > 0) {
        ssize_t put = write(fd, text.p, text.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text = span_from(text, (size_t)put);
    }
    return true;
}

/* Makes the new name in the folder last, not only the octets of the file. */
static bool sync_folder_of(const char *path)
{
    char *copy = strdup(path);
    if (!copy)
        return false;
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (fd < 0)
        return false;
    bool synced = fsync(fd) == 0;
    close_keeping_errno(fd);
    return synced;
}

/* link() refuses a name that exists, so that nobody ever sees half a file under it. */
static bool publish(const char *temporary, const char *path)
{
    if (link(temporary, path) != 0)
        return false;
    if (sync_folder_of(path))
        return true;
    unlink_keeping_errno(path);
    return false;
}

enum result file_write_secret(const char *path, struct span text)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s" TEMPORARY_SUFFIX, path) < 0)
        return RESULT_NO_MEMORY;
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool made = false;
    if (fd >= 0) {
        made = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && write_all(fd, text) && fsync(fd) == 0;
        close_keeping_errno(fd);
        made = made && publish(temporary, path);
        unlink_keeping_errno(temporary);
    }
    int saved = errno;
    free(temporary);
    errno = saved;
    return made ? RESULT_OK : RESULT_SYSTEM;
}

enum result file_open_pieces(const char *path, const struct account *owner, struct file_pieces *out)
{
    struct stat st;
    int fd = open_regular(path, &st);
    if (fd < 0)
        return RESULT_SYSTEM;
    if (!is_owned(&st, owner) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        close(fd);
        return RESULT_SYNTAX;
    }
    *out = (struct file_pieces){ fd, (uint64_t)st.st_size };
    return RESULT_OK;
}

enum result file_read_piece(const struct file_pieces *f, uint64_t offset, char *to, size_t n)
{
    while (n > 0) {
        ssize_t got = pread(f->fd, to, n, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return RESULT_SYSTEM;
        if (got == 0)
            return RESULT_LIMIT;
        to += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return RESULT_OK;
}

void file_close_pieces(struct file_pieces *f)
{
    close(f->fd);
    f->fd = -1;
}

/* A regular file of ours under one name only; never through a link. Returns -1 with errno. */
static int open_to_write_over(const char *path)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                  S_IRUSR | S_IWUSR);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0) {
        if (S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink <= 1)
            return fd;
        errno = EEXIST;
    }
    close_keeping_errno(fd);
    return -1;
}

/* Whoever had the lock before may have given the file another name, or none. */
static bool lock_by_name(int fd, const char *path)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    struct stat mine, named;
    if (fcntl(fd, F_OFD_SETLK, &whole) != 0 || fstat(fd, &mine) != 0)
        return false;
    if (lstat(path, &named) == 0 && named.st_dev == mine.st_dev && named.st_ino == mine.st_ino)
        return true;
    errno = EWOULDBLOCK;
    return false;
}

static bool make_temporary(struct file_replacement *r)
{
    r->fd = open_to_write_over(r->temporary);
    if (r->fd < 0)
        return false;
    if (lock_by_name(r->fd, r->temporary)) {
        if (fchmod(r->fd, S_IRUSR | S_IWUSR) == 0 && ftruncate(r->fd, 0) == 0)
            return true;
        unlink_keeping_errno(r->temporary);
    }
    close_keeping_errno(r->fd);
    return false;
}

static void replacement_free(struct file_replacement *r)
{
    free(r->path);
    free(r->temporary);
    *r = (struct file_replacement){ .fd = -1, .why = r->why };
}

enum result file_replace_begin(struct file_replacement *r, const char *path)
{
    *r = (struct file_replacement){ .fd = -1, .why = ENOMEM };
    r->path = strdup(path);
    if (!r->path || asprintf(&r->temporary, "%s" FILE_NEW_SUFFIX, path) < 0) {
        r->temporary = NULL;
        replacement_free(r);
        return RESULT_NO_MEMORY;
    }
    if (make_temporary(r))
        return RESULT_OK;
    r->why = errno;
    replacement_free(r);
    errno = r->why;
    return RESULT_SYSTEM;
}

void file_replace_drop(struct file_replacement *r)
{
    if (!r->path)
        return;
    unlink_keeping_errno(r->temporary);
    close_keeping_errno(r->fd);
    replacement_free(r);
}

static enum result replacement_fail(struct file_replacement *r)
{
    r->why = errno;
    file_replace_drop(r);
    errno = r->why;
    return RESULT_SYSTEM;
}

enum result file_replace_add(struct file_replacement *r, struct span piece)
{
    if (r->path && write_all(r->fd, piece))
        return RESULT_OK;
    if (r->path)
        return replacement_fail(r);
    errno = r->why;
    return RESULT_SYSTEM;
}

enum result file_replace_end(struct file_replacement *r)
{
    if (!r->path) {
        errno = r->why;
        return RESULT_SYSTEM;
    }
    if (fsync(r->fd) != 0 || rename(r->temporary, r->path) != 0)
        return replacement_fail(r);
    bool synced = sync_folder_of(r->path);
    r->why = errno;
    close(r->fd);
    replacement_free(r);
    errno = r->why;
    return synced ? RESULT_OK : RESULT_SYSTEM;
}

enum result file_give(const char *path, const struct account *to)
{
    return chown(path, to->uid, to->gid) == 0 ? RESULT_OK : RESULT_SYSTEM;
}
