#ifndef COEXIST_CTL_IMPORT_SYNC_H
#define COEXIST_CTL_IMPORT_SYNC_H

#include "ctl/import.h"
#include "ctl/link.h"

/* Making Redis equal to a file: users that it does not name are removed, within limits. */

#define IMPORT_LIMIT_PERCENT 5 /* of the users there are, or */
#define IMPORT_LIMIT_USERS 10  /* so many, whichever is more: unless another limit is given */

struct import_limit {
    bool given;
    bool percent;
    uint64_t n;
};

/* Reads `N` or `P%`. False for anything else. */
bool import_limit_parse(const char *text, struct import_limit *out);

/* How many of so many users may be removed. */
size_t import_limit_of(const struct import_limit *limit, size_t users);

struct import_sync {
    size_t users;   /* there are in the domains that the file covers */
    size_t removed; /* of them, that the file says nothing of */
};

/*
 * Adds the removal of each user of a domain that the file has addresses in, of which it says
 * nothing, in the order of their names. A bad record is removed like a good one. STATUS_YES;
 * STATUS_UNAVAILABLE with link_why().
 */
enum status import_sync_add(struct import *im, struct link *l, struct import_sync *out);

#endif
