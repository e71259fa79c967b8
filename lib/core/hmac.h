#ifndef COEXIST_CORE_HMAC_H
#define COEXIST_CORE_HMAC_H

#include "core/keyring.h"

#define HMAC_LEN 32

/*
 * To be called before the first use, in a process that may end while other threads still run:
 * libcrypto then does not clear up, at exit, what those are using.
 */
void hmac_outlive_main(void);

/*
 * HMAC-SHA256 (RFC 2104, FIPS 180-4) by the key's secret over the parts, one behind the other with
 * nothing between. False, *out in an unspecified state, when libcrypto has no memory or refuses.
 */
bool hmac_sha256(const struct key *key, const struct span *part, size_t parts,
                 unsigned char out[HMAC_LEN]);

#endif
