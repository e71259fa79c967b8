#ifndef COEXIST_CTL_IMPORT_RUN_H
#define COEXIST_CTL_IMPORT_RUN_H

#include "ctl/import_source.h"
#include "ctl/import_sync.h"

/* One import from the file to Redis, told step by step to whoever waits for it. */

struct import_run {
    const char *file; /* `-`: standard input */
    struct import_settings settings;
    bool sync;
    struct import_limit limit; /* of removals */
    bool dry_run;
    bool yes; /* ask nothing */
};

/*
 * Nothing is written unless the whole file is good, and each record that would come of it.
 * STATUS_YES; STATUS_NO where the records refuse it, a limit, an answer or an interrupt, after
 * telling which; STATUS_USAGE for a file that is wrong; STATUS_UNAVAILABLE. What was written before
 * an interrupt stays, and the same import again goes on from there.
 */
enum status import_run(struct session *s, const struct import_run *run);

#endif
