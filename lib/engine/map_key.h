#ifndef COEXIST_ENGINE_MAP_KEY_H
#define COEXIST_ENGINE_MAP_KEY_H

#include "base/buf.h"

/*
 * The keys of Postfix's tables. An address stands there in one of two forms: with the quotes of its
 * local part (RFC 5321 section 4.1.2), or, as most tables are asked, without them:
 * `john doe@example.com`.
 */

/*
 * Writes the address that a key stands for as RCPT TO would bring it, without the angle brackets:
 * what would not stand there alone is quoted. False, with nothing written, for a key that is no
 * local part and domain: an empty one, `*`, `user`, `@domain`, `domain`.
 */
bool map_key_address(struct span key, struct buf *out);

/* The key's domain in lower case, in its buffer; empty where it is none or too long. */
#define MAP_KEY_DOMAIN_MAX 255
struct span map_key_domain(struct span key, char buffer[MAP_KEY_DOMAIN_MAX]);

#endif
