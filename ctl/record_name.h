#ifndef COEXIST_CTL_RECORD_NAME_H
#define COEXIST_CTL_RECORD_NAME_H

#include "state/record.h"

/* The name in a record's key. Nobody looks up one that is not as names are looked up. */
enum record_name {
    RECORD_NAME_GOOD,
    RECORD_NAME_CASE,      /* of a user or domain: not in lower case */
    RECORD_NAME_NO_ADDRESS /* of a user: no local part, or no domain, or controls in it */
};

enum record_name record_name_judge(enum record_kind kind, struct span name);

/* The domain in the name of a user's record; empty where there is none. */
struct span record_name_domain(struct span name);

/* What is wrong with the name, as part of a sentence; NULL for a good one. */
const char *record_name_fault(enum record_name n);

#endif
