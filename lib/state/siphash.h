#ifndef COEXIST_STATE_SIPHASH_H
#define COEXIST_STATE_SIPHASH_H

#include "base/span.h"

/*
 * SipHash (Aumasson and Bernstein, 2012): a hash under a secret key, for tables whose names come
 * from strangers, who could else choose names that all fall together.
 */

struct siphash_key {
    uint64_t k0;
    uint64_t k1;
};

/* SipHash-c-d: c rounds for each eight octets and d at the end. 1 and 3 are enough for a table. */
uint64_t siphash(const struct siphash_key *key, struct span text, unsigned c, unsigned d);

#endif
