#ifndef COEXIST_CTL_ACCESS_H
#define COEXIST_CTL_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What another user of this host may do with a file, by the bits of its mode; lists of access
 * rights beyond these are not known here. */

#define ACCESSOR_GROUPS_MAX 256
#define ACCESSOR_NAME_MAX 64

struct accessor {
    char name[ACCESSOR_NAME_MAX];
    uid_t uid;
    gid_t group[ACCESSOR_GROUPS_MAX];
    size_t groups;
};

/* False where there is no such user. */
bool accessor_of_name(const char *name, struct accessor *out);
bool accessor_of_uid(uid_t uid, struct accessor *out);

/* Whether the user may do all that bits ask for: R_OK, W_OK, X_OK. False too where nothing is
 * there. */
bool accessor_may(const struct accessor *a, const char *path, int bits);

/* Whether the user may enter every folder above the path; in barred the first that is closed. */
#define ACCESS_PATH_MAX 512
bool accessor_reaches(const struct accessor *a, const char *path, char barred[ACCESS_PATH_MAX]);

#endif
