#ifndef COEXIST_CTL_IMPORT_REPORT_H
#define COEXIST_CTL_IMPORT_REPORT_H

#include "ctl/json.h"

/* What became of the rows of a file that were not taken: passed over for a reason that is no
 * fault, or bad. All are counted; the first few are kept to be shown. */

#define IMPORT_SHOWN_MAX 5   /* rows of each reason */
#define IMPORT_FAULTS_MAX 20 /* bad rows */
#define IMPORT_TEXT_MAX 320  /* octets of each that are shown */

enum import_skip {
    SKIP_OTHER_DOMAIN,     /* the address is in no configured domain */
    SKIP_ALIAS_DOMAIN,     /* its mailbox is in another domain */
    SKIP_NOT_MAILBOX,      /* a group, a contact, an organisational unit */
    SKIP_NO_ADDRESS,       /* an entry or row without one */
    SKIP_UNKNOWN_SYSTEM,   /* its transport leads to none of the two systems, or to both */
    SKIP_NO_TARGET,        /* a mail user that nothing says the place of */
    SKIP_CHANGE_RECORD,    /* an LDIF record that is no entry */
    SKIP_UNREADABLE_ALIAS, /* a list of aliases that the exporting program did not write out */
};
#define IMPORT_SKIPS 8

/* Its name in JSON, and in words for people. */
const char *import_skip_name(enum import_skip s);
const char *import_skip_text(enum import_skip s);

struct import_line {
    size_t line; /* 0: the whole file */
    char *text;
};

struct import_report {
    struct {
        size_t count;
        struct import_line shown[IMPORT_SHOWN_MAX];
    } skip[IMPORT_SKIPS];
    size_t faults;
    struct import_line fault[IMPORT_FAULTS_MAX];
};

/* Copies what it is given: the row's address, and what it is passed over for, absent for nothing.
 * Without memory the row is counted and shown empty. */
void import_report_skip(struct import_report *r, enum import_skip why, size_t line,
                        struct span address, struct span detail);
void import_report_fault(struct import_report *r, size_t line, const char *text);
void import_report_free(struct import_report *r);

/* Tells the faults on standard error, each as `FILE:LINE: ...`, and how many more there are. */
void import_report_tell(const struct import_report *r, const struct session *s, const char *file);

/* What was passed over, for people and as JSON (an array, the caller's). */
void import_report_print(const struct import_report *r, struct out *o);
json_t *import_report_skips(const struct import_report *r);
json_t *import_report_faults(const struct import_report *r);

#endif
