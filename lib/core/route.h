#ifndef COEXIST_CORE_ROUTE_H
#define COEXIST_CORE_ROUTE_H

#include "core/address.h"

/*
 * A route template makes the address that reaches a mailbox on the peer: %u is the local part as
 * written (quotes and extension kept), %d the domain as written, %a both joined by @, %% a percent.
 */

#define ROUTE_TEMPLATE_MAX 512

/*
 * Checks a template. NULL when it is good, else a sentence for the administrator that says what is
 * wrong with it: unknown % code, no @, an empty domain, no %u nor %a (all users would get one
 * mailbox), controls, blanks, over ROUTE_TEMPLATE_MAX, or `%a`/`%u@%d`, which lead back to the
 * recipient itself.
 */
const char *route_template_fault(struct span template);

/*
 * Writes the address for one mailbox, without angle brackets. An address literal as domain works
 * where %d stands alone. RESULT_SYNTAX when the result is no mailbox, or is the recipient itself
 * (same key); RESULT_LIMIT over ADDRESS_MAX. out is cleared first.
 */
enum result route_expand(struct span template, const struct address *mailbox, struct buf *out);

#endif
