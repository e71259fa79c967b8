#ifndef COEXIST_CORE_COMMENT_H
#define COEXIST_CORE_COMMENT_H

#include "base/span.h"

/*
 * The length of the comment (RFC 5322 section 3.2.2: nested, with quoted pairs) that s begins with,
 * both parentheses included; 0 when s begins with something else or the comment is never closed.
 */
size_t comment_length(struct span s);

#endif
