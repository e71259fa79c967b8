#ifndef COEXIST_CORE_QUOTED_H
#define COEXIST_CORE_QUOTED_H

#include "base/buf.h"

/* Quoted strings (RFC 5322 section 3.2.4). */

/* The length of the one that s begins with, both quotes included; all of s where it is not closed.
 * s begins with a quote. */
size_t quoted_length(struct span s);

/* Writes what stands between the quotes (text: what quoted_length() measured), without the
 * backslashes of quoted pairs and without line ends. */
void quoted_text(struct span text, struct buf *out);

/* The same octet by octet: takes one off *rest, which at first is what follows the opening quote;
 * -1 at the closing quote, and where nothing is left. */
int quoted_take(struct span *rest);

#endif
