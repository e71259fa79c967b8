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

enum result file_read_secret(const char *path, const struct account *owner, struct buf *out)
{
    struct stat st;
    int fd = open_regular(path, &st);
    if (fd < 0)
        return RESULT_SYSTEM;
    bool owned = st.st_uid == geteuid() || st.st_uid == 0 || (owner && st.st_uid == owner->uid);
    if (!owned || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
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
    return fsync(fd) == 0;
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
        made = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && write_all(fd, text);
        close_keeping_errno(fd);
        made = made && publish(temporary, path);
        unlink_keeping_errno(temporary);
    }
    int saved = errno;
    free(temporary);
    errno = saved;
    return made ? RESULT_OK : RESULT_SYSTEM;
}

enum result file_give(const char *path, const struct account *to)
{
    return chown(path, to->uid, to->gid) == 0 ? RESULT_OK : RESULT_SYSTEM;
}
