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
 * wrong with it: unknown % code, not just one @ (%a brings one), %u behind it, an empty domain or
 * label, no %u nor %a (all users would get one mailbox), quotes, brackets, controls, blanks, over
 * ROUTE_TEMPLATE_MAX, or `%a`/`%u@%d`, which lead back to the recipient itself.
 */
const char *route_template_fault(struct span template);

/*
 * Writes the address for one mailbox, without angle brackets. The template may be a plain address
 * too, as in a user's own record. Where the template adds to a local
 * part that has quotes, one pair of quotes goes around the whole. An address literal as domain
 * works where %d stands alone. RESULT_SYNTAX when the template has a fault that leaves no address,
 * when the result is no mailbox, or is the recipient itself (same key); RESULT_LIMIT over
 * ADDRESS_MAX or out's own limit. out is cleared first, and holds nothing after an error.
 */
enum result route_expand(struct span template, const struct address *mailbox, struct buf *out);

#endif
