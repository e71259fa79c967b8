#ifndef COEXIST_TESTS_CONFIG_FILE_H
#define COEXIST_TESTS_CONFIG_FILE_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/config.h"
#include "tests/support/unit.h"

/* The least that a file must have, in three lines. */
#define SYSTEMS                                                                                    \
    "system primary { hosts = { \"p.example\" } }\n"                                               \
    "system secondary { hosts = { \"s.example\" } }\n"
#define DOMAIN "domain \"example.com\" {}\n"
#define GOOD SYSTEMS DOMAIN

static inline void config_file_write(char *path, struct span text)
{
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    while (text.n > 0) {
        ssize_t put = write(fd, text.p, text.n);
        ck_assert_int_gt(put, 0);
        text = span_from(text, (size_t)put);
    }
    close(fd);
}

/* Loads a text by way of a file that is gone again after; its name in the error becomes FILE. */
static inline struct config *config_file_load(struct span text, const struct config_checks *checks,
                                              char error[CONFIG_ERROR_MAX])
{
    char path[] = "/tmp/coexist-config-XXXXXX";
    config_file_write(path, text);
    char told[CONFIG_ERROR_MAX] = "told by nobody";
    struct config *c = config_load(path, checks, told);
    unlink(path);
    size_t n = strlen(path);
    if (strncmp(told, path, n) == 0)
        snprintf(error, CONFIG_ERROR_MAX, "FILE%s", told + n);
    else
        snprintf(error, CONFIG_ERROR_MAX, "%s", told);
    return c;
}

static inline struct config *config_file_good(const char *text)
{
    char error[CONFIG_ERROR_MAX];
    struct config *c = config_file_load(span_of(text), NULL, error);
    ck_assert_msg(c != NULL, "refused: %s\n%s", error, text);
    ck_assert_str_eq(error, "");
    return c;
}

#endif
