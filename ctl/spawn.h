#ifndef COEXIST_CTL_SPAWN_H
#define COEXIST_CTL_SPAWN_H

#include "base/buf.h"

/* Runs a program of this host to its end, without a shell and within a time limit. */

#define SPAWN_OUTPUT_MAX (4 * 1024 * 1024)
#define SPAWN_COMPLAINT_MAX 4096
#define SPAWN_WHY_MAX 256

struct spawned {
    int status;                          /* what it returned */
    struct buf out;                      /* its standard output */
    char complaint[SPAWN_COMPLAINT_MAX]; /* the beginning of its standard error; "" for nothing */
};

/*
 * argv[0] is looked up in PATH; argv ends with NULL. Its standard input is empty. True when it has
 * ended of itself, whatever it returned: the caller frees with spawned_free(). Else false, with a
 * sentence in why: there is no such program (which 127 says too), it was still at work after ms
 * milliseconds (it is then killed), or wrote more than SPAWN_OUTPUT_MAX octets.
 */
bool spawn_run(const char *const *argv, unsigned ms, struct spawned *out, char why[SPAWN_WHY_MAX]);
void spawned_free(struct spawned *s);

#endif
