#ifndef COEXIST_CTL_EXPORT_H
#define COEXIST_CTL_EXPORT_H

#include "ctl/import.h"
#include "ctl/link.h"

/*
 * The records of users, gathered and sorted by address. They are held in memory, as two or three
 * hundred octets each: a sorted answer that is whole or not at all needs that.
 */

#define EXPORT_USERS_MAX CHANGES_MAX
#define EXPORT_FAULTS_MAX 20 /* bad records that are named */

struct export_user {
    char *address;
    char *value[IMPORT_FIELDS]; /* as in Redis; NULL: no such field */
};

struct export
{
    /* What is asked for. */
    enum home home;     /* records that say this themselves; HOME_UNSET: all */
    const char *group;  /* those in it; NULL: all */
    const char *domain; /* those with addresses in it, lower case; NULL: all */
    /* Results. */
    struct export_user *user;
    size_t n;
    size_t room;
    size_t bad; /* records that the filter would refuse, left out */
    struct export_fault {
        char *address;
        char *why;
    } fault[EXPORT_FAULTS_MAX];
    bool failed; /* no memory, or more than EXPORT_USERS_MAX */
};

/* STATUS_YES; STATUS_UNAVAILABLE with link_why(), also without memory. *e is to be freed. */
enum status export_gather(struct export *e, struct link *l, const char *prefix);
void export_free(struct export *e);

enum export_format { EXPORT_CSV, EXPORT_LDIF, EXPORT_JSON };
bool export_format_parse(const char *text, enum export_format *out);

/* What stands before all users, and for each of them: CSV (RFC 4180) or LDIF (RFC 2849). False
 * without memory. */
bool export_begin(enum export_format f, struct buf *out);
bool export_write(enum export_format f, const struct export_user *u, struct buf *out);

/* All of them in an array, for EXPORT_JSON. The caller's. */
json_t *export_json(const struct export *e);

#endif
