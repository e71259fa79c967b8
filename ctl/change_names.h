#ifndef COEXIST_CTL_CHANGE_NAMES_H
#define COEXIST_CTL_CHANGE_NAMES_H

/* uthash calls exit() without memory unless told otherwise. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "ctl/change.h"

/* What is known of each name that a list of changes bears on: its change, who is an alias of it,
 * and who is in it. */

struct change_name {
    char *key;             /* `user:NAME`, `group:NAME` */
    struct change *change; /* of the list; NULL: none */
    char *alias;           /* an address that leads here, or will; NULL: none is known */
    char *user;            /* one who is in this group, or will be */
    size_t users;
    unsigned round; /* in which the next four were read; 0: never */
    bool there;     /* it has a record */
    bool bad;       /* which is none that the filter takes */
    bool is_alias;  /* which leads on */
    enum home home; /* of a group's good record */
    UT_hash_handle hh;
};

struct change_names {
    struct change_name *by_key;
};

/* The entry of a name, made where there was none. NULL without memory. */
struct change_name *change_names_get(struct change_names *n, enum record_kind kind,
                                     struct span name);

/* The same, but NULL where there is none too. */
struct change_name *change_names_find(const struct change_names *n, enum record_kind kind,
                                      struct span name);

/* Notes that the address leads to target; that the user is in the group. False without memory. */
bool change_names_alias(struct change_names *n, struct span address, struct span target);
bool change_names_member(struct change_names *n, struct span user, struct span group);

void change_names_free(struct change_names *n);

#endif
