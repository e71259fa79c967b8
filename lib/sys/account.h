#ifndef COEXIST_SYS_ACCOUNT_H
#define COEXIST_SYS_ACCOUNT_H

#include <sys/types.h>

#include "base/result.h"

/* A user of this host, by name. */
struct account {
    uid_t uid;
    gid_t gid; /* of its own group */
};

/* RESULT_SYNTAX where there is no such user; RESULT_NO_MEMORY. */
enum result account_find(const char *name, struct account *out);

#endif
