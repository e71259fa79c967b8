#ifndef COEXIST_CTL_PROGRESS_H
#define COEXIST_CTL_PROGRESS_H

#include "ctl/out.h"

/* A bar on standard error while something takes long, where that is a terminal. */
struct progress {
    const char *what;
    struct out err;
    int64_t shown_us; /* when it was drawn last */
    bool drawn;
};

void progress_begin(struct progress *p, const char *what);

/* For change_run.progress: arg is the progress. */
void progress_show(void *arg, size_t done, size_t of);

/* Wipes the bar. */
void progress_end(struct progress *p);

#endif
