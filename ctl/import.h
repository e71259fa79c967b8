#ifndef COEXIST_CTL_IMPORT_H
#define COEXIST_CTL_IMPORT_H

#include "core/address.h"
#include "ctl/change.h"
#include "ctl/import_report.h"
#include "sys/config.h"

/*
 * The users that a file tells of, gathered into a list of changes: each address once, those of
 * other domains passed over, bad rows noted. Nothing is asked of Redis here.
 */

enum import_field {
    FIELD_HOME,
    FIELD_ROUTE,
    FIELD_GROUP,
    FIELD_ALIAS,
    FIELD_CALENDAR,
    FIELD_NOTE,
};
#define IMPORT_FIELDS 6

/* Its name in a record. */
const char *import_field_name(enum import_field f);

/* What one row says. */
struct import_user {
    size_t line;
    const char *column; /* where the address stands; NULL: it has no name */
    struct span address;
    unsigned says; /* 1 << field of those that it sets or, where their value is absent, removes */
    struct span value[IMPORT_FIELDS];
    const char *value_column[IMPORT_FIELDS]; /* NULL: no name */
};

/* Sets a field of a row; an absent value removes it. */
void import_user_say(struct import_user *u, enum import_field f, struct span value,
                     const char *column);

struct import_seen; /* addresses that have come up */

struct import {
    const struct config *config;
    const char *part; /* what a column is called here: `column`, `attribute` */
    struct changes changes;
    struct import_report report;
    size_t rows;
    size_t repeated; /* rows that say what another has said */
    bool *covered;   /* for each domain of the configuration: the file has an address in it */
    struct import_seen *seen;
    bool failed; /* no memory, or more than CHANGES_MAX */
};

/* False without memory. */
bool import_init(struct import *im, const struct config *config);
void import_free(struct import *im);

/*
 * Takes one user, unless it is passed over or bad. What stands beside an alias, or would stand
 * beside one that the record has now, is removed: a record is either an alias or a mailbox. Two
 * rows for one address must say the same. True when it is in the list now, or was before.
 */
bool import_take(struct import *im, const struct import_user *u);

/* Takes another name of a mailbox. Its own address among them is no alias. */
void import_take_alias(struct import *im, size_t line, const char *column, struct span alias,
                       struct span mailbox);

/* Passes a row over; detail: what for, absent where the reason says all. Its address, where it has
 * one, is not taken for missing afterwards. */
void import_skip(struct import *im, enum import_skip why, size_t line, struct span address,
                 struct span detail);

/* A bad row. column: NULL for none. */
void import_fault(struct import *im, size_t line, const char *column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The file says something of this address (lower case), be it taken or passed over. */
bool import_knows(const struct import *im, struct span address);

#endif
