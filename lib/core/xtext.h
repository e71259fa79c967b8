#ifndef COEXIST_CORE_XTEXT_H
#define COEXIST_CORE_XTEXT_H

#include "base/buf.h"

/* xtext as RFC 3461 section 4 has it: '+', '=' and what is not printable ASCII become +HH. */
void xtext_encode(struct span text, struct buf *out);

/* False, with *out in an unspecified state, when text is not xtext (the hex digits are upper case)
 * or *out has failed. */
bool xtext_decode(struct span text, struct buf *out);

/*
 * The ORCPT value for an original recipient (RFC 3461 section 4.2): `rfc822;` and xtext, or for an
 * address with octets above 127 that are valid UTF-8, `utf-8;` and utf-8-addr-xtext (RFC 6533
 * section 3, `\x{HEX}`). Invalid UTF-8 goes as rfc822 with each octet encoded.
 */
void orcpt_encode(struct span address, struct buf *out);

/*
 * Decodes the address of a `utf-8;` ORCPT value (RFC 6533 section 3): each `\x{HEX}` becomes that
 * character in UTF-8, all else stays. False, with *out in an unspecified state, for a backslash
 * that begins nothing of the kind, or when *out has failed.
 */
bool utf8_xtext_decode(struct span text, struct buf *out);

#endif
