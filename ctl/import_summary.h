#ifndef COEXIST_CTL_IMPORT_SUMMARY_H
#define COEXIST_CTL_IMPORT_SUMMARY_H

#include "ctl/import.h"

/* What an import comes to, once its changes are checked: counted, and told. */

#define IMPORT_NAMES_MAX 10 /* users of each kind that a preview names */

struct import_summary {
    const char *file;
    const char *kind; /* of the file */
    bool dry_run;
    size_t users; /* there were in the covered domains; 0 unless asked for */
    size_t added, changed, same, removed;
    size_t unreachable; /* live on the other system, and nothing names the way to it */
    size_t written;     /* records, so far */
    bool stopped;
};

/* Counts by the effects that change_check() has filled. */
void import_summary_count(struct import_summary *s, const struct changes *c);

/* Whether anything would be written. */
bool import_summary_changes(const struct import_summary *s);

/* How many would be added, changed and removed, and the first of them. */
void import_summary_preview(const struct import_summary *s, const struct changes *c, struct out *o);

/* What was taken, passed over and written. */
void import_summary_print(const struct import_summary *s, const struct import *im, struct out *o);

/* All of it. The caller's; NULL without memory. */
json_t *import_summary_json(const struct import_summary *s, const struct import *im);

#endif
