#ifndef COEXIST_CTL_QUOTATION_H
#define COEXIST_CTL_QUOTATION_H

#include "base/buf.h"

/*
 * A message quoted inside a text, as mail servers do that write their bounces in words: qmail,
 * Exim, old Sendmail and Exchange; indented or behind `>` too. Writes the message, without what
 * stands in front of each line, in place of what *out held, and what follows it in the text. It
 * begins at the first run of header fields that has a Received, or else at the first with
 * QUOTATION_FIELDS_MIN of those that each message has. False where there is none, or *out is too
 * small. Linear in the text.
 */
#define QUOTATION_FIELDS_MIN 3
#define QUOTATION_PREFIX_MAX 32 /* octets in front of a line */

bool quotation_find(struct span text, struct buf *out);

#endif
