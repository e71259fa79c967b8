#ifndef COEXIST_CORE_DIGEST_H
#define COEXIST_CORE_DIGEST_H

#include "base/span.h"
#include "core/base64url.h"

#define DIGEST_OCTETS_MAX 32

/*
 * A short name for a sequence of texts: the first octets (at most DIGEST_OCTETS_MAX) of the SHA-256
 * (FIPS 180-4) over the parts, each behind its length in 8 octets, in base64url; out has room for
 * BASE64URL_LEN(octets) and a NUL. Another sequence has another name, however its texts are cut.
 * False, and "", when libcrypto has no memory or refuses.
 */
bool digest_write(const struct span *part, size_t parts, size_t octets, char *out);

#endif
