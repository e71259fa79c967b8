#ifndef COEXIST_TESTS_FILE_FOLDER_H
#define COEXIST_TESTS_FILE_FOLDER_H

#include "tests/support/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/file.h"

/* A folder, and the name of a file in it. */

static char folder[64];
static char path[96];

/* In the parent process, which lives to clean up whatever becomes of a test. */
static inline void make_folder(void)
{
    snprintf(folder, sizeof(folder), "/tmp/coexist-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
}

static inline void empty_folder(void)
{
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    for (const struct dirent *e = readdir(d); e; e = readdir(d))
        if (e->d_name[0] != '.' && unlinkat(dirfd(d), e->d_name, 0) != 0)
            unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
    closedir(d);
}

static inline void remove_folder(void)
{
    empty_folder();
    rmdir(folder);
}

static inline void make_file(struct span text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text.p, text.n), (ssize_t)text.n);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static inline unsigned files_in_folder(void)
{
    unsigned n = 0;
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    for (const struct dirent *e = readdir(d); e; e = readdir(d))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

#endif
