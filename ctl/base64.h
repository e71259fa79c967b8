#ifndef COEXIST_CTL_BASE64_H
#define COEXIST_CTL_BASE64_H

#include "base/buf.h"

/* Base64 with padding (RFC 4648 section 4), as LDIF has it. */

/* Adds what the text stands for to *out. False, *out cleared, where the text is not base64 in full,
 * with padding and no spare bits; and where it does not fit. */
bool base64_read(struct span text, struct buf *out);

void base64_write(struct buf *out, struct span octets);

#endif
