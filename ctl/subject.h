#ifndef COEXIST_CTL_SUBJECT_H
#define COEXIST_CTL_SUBJECT_H

#include "core/address.h"
#include "state/record.h"

/* What a command line names, as it stands in keys. */

/* The name of a record: of a user the address in lower case, without angle brackets; of a domain in
 * lower case, without the root's dot; of a group as it is. The caller frees it. NULL, with a
 * sentence in fault, for what can be none. */
char *subject_name(enum record_kind kind, struct span text, char fault[RECORD_FAULT_MAX]);

/* The same of a record that is to be written: subject_is_writable() too. One that is there can be
 * shown and removed, whatever it is called. */
char *subject_name_to_write(enum record_kind kind, struct span text, char fault[RECORD_FAULT_MAX]);

/* An address as people have it: nothing outside quotes that a local part holds in quotes only (RFC
 * 5321 section 4.1.2), as `SMTP:user@example.com` and `user@@example.com` do, which no mail is for.
 * False with a sentence in fault. */
bool subject_is_writable(const struct address *a, char fault[RECORD_FAULT_MAX]);

/* Writes the name of a user's record so that it can be read again: with quotes where it needs them.
 */
void subject_write_address(struct buf *out, struct span name);

#endif
