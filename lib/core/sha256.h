#ifndef COEXIST_CORE_SHA256_H
#define COEXIST_CORE_SHA256_H

#define SHA256_BLOCK 64 /* octets */
#define SHA256_LEN 32

/*
 * libcrypto's SHA-256 (FIPS 180-4), looked up once and kept for as long as the process lives: each
 * look-up takes locks that all threads share. NULL when libcrypto has no memory or refuses; the
 * next call tries again.
 */
const struct evp_md_st *sha256_type(void);

#endif
