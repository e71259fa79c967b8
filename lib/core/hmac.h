#ifndef COEXIST_CORE_HMAC_H
#define COEXIST_CORE_HMAC_H

#include "core/keyring.h"
#include "core/sha256.h"

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

/*
 * The same over a text that comes in pieces. A failure is kept, and told at the end alone. Each
 * beginning needs its end, which frees what it holds; the key may go before.
 */
struct hmac {
    void *context; /* libcrypto's; NULL once it has failed */
    unsigned char outer[SHA256_BLOCK];
};

void hmac_begin(struct hmac *h, const struct key *key);
void hmac_add(struct hmac *h, struct span piece);
bool hmac_end(struct hmac *h, unsigned char out[HMAC_LEN]);

/* Takes the same time wherever the two differ. */
bool hmac_equal(const unsigned char a[HMAC_LEN], const unsigned char b[HMAC_LEN]);

#endif
