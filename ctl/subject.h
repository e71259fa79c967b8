#ifndef COEXIST_CTL_SUBJECT_H
#define COEXIST_CTL_SUBJECT_H

#include "core/address.h"
#include "state/record.h"

/* What a command line names, as it stands in keys. */

/* The name of a record: of a user the address in lower case, without angle brackets; of a domain in
 * lower case, without the root's dot; of a group as it is. The caller frees it. NULL, with a
 * sentence in fault, for what can be none. */
char *subject_name(enum record_kind kind, struct span text, char fault[RECORD_FAULT_MAX]);

#endif
