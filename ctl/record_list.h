#ifndef COEXIST_CTL_RECORD_LIST_H
#define COEXIST_CTL_RECORD_LIST_H

#include "ctl/session.h"
#include "state/record.h"

/* Which records to list; all of them where nothing is set. */
struct record_filter {
    const char *pattern; /* of the name, as fnmatch(3) has it; NULL: any */
    enum home home;      /* its own; HOME_UNSET: any */
    const char *group;   /* NULL: any */
    bool bad;            /* only those that are not good */
};

/* Prints each as it comes, in no order. STATUS_NO where there is none. */
enum status record_list(struct session *s, enum record_kind kind,
                        const struct record_filter *filter);

#endif
