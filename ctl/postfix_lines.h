#ifndef COEXIST_CTL_POSTFIX_LINES_H
#define COEXIST_CTL_POSTFIX_LINES_H

#include "base/buf.h"
#include "ctl/postconf.h"
#include "sys/config.h"

/* What main.cf, master.cf and a map of Postfix must say for a configuration of the filter. */

#define POSTFIX_LINES_MAX 16
#define POSTFIX_NOTES_MAX 16
#define POSTFIX_TEXT_MAX (1024 * 1024)
#define POSTFIX_QUEUE_USUAL "/var/spool/postfix"
#define POSTFIX_CONFIG_USUAL "/etc/postfix"
#define POSTFIX_UNDO_FILE "coexist-undo" /* in the folder of main.cf */

struct postfix_lines {
    struct postfix_line {
        const char *name; /* of a parameter */
        char *value;      /* owned; may be empty */
    } main[POSTFIX_LINES_MAX];
    size_t mains;
    struct buf master;             /* lines of master.cf; empty: none */
    struct buf undo;               /* the text of a regexp table; empty: none is needed */
    struct buf undo_file;          /* its name */
    char *note[POSTFIX_NOTES_MAX]; /* owned: what else is to be known or done */
    size_t notes;
    bool failed; /* no memory, or too much of it */
};

/*
 * p: the Postfix that is there, whose own filters and transports stay in the lists; NULL: none is
 * known, and the usual folders are taken. False, with a sentence in why, when the configuration
 * cannot be put into lines. The caller frees with postfix_lines_free() in any case.
 */
#define POSTFIX_LINES_WHY_MAX 512
bool postfix_lines_make(const struct config *c, const struct postconf *p, struct postfix_lines *out,
                        char why[POSTFIX_LINES_WHY_MAX]);
void postfix_lines_free(struct postfix_lines *l);

/* The value for a parameter; NULL where none is needed. */
const char *postfix_lines_value(const struct postfix_lines *l, const char *name);

#endif
