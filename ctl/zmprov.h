#ifndef COEXIST_CTL_ZMPROV_H
#define COEXIST_CTL_ZMPROV_H

#include "base/span.h"

/*
 * What `zmprov ga ACCOUNT` and `zmprov -l gaa -v` print: for each account a line `# name ADDRESS`,
 * its attributes as `NAME: VALUE` in the order of their names, and an empty line. A value with line
 * ends in it (a signature) is printed as it is, so that its lines can look like attributes; those
 * that stand against the order are taken for what they are, a part of the value.
 */

enum zmprov_step { ZMPROV_ACCOUNT, ZMPROV_ATTRIBUTE, ZMPROV_END };

struct zmprov {
    struct span rest;
    size_t line;      /* of the beginning of rest, counted from 1 */
    size_t name_line; /* of what was just read */
    bool in_account;
    struct span name;  /* the attribute's */
    struct span value; /* the attribute's first line; the account's name */
};

void zmprov_begin(struct zmprov *z, struct span text);
enum zmprov_step zmprov_next(struct zmprov *z);

/* The line begins an account. */
bool zmprov_is_account(struct span line);

#endif
