#ifndef COEXIST_CTL_SEEN_H
#define COEXIST_CTL_SEEN_H

#include "state/siphash.h"

/* Names that have come up before, as a set of their hashes: 16 octets a name at most. Two of a
 * million names are taken for one with a chance of one in forty million. */
struct seen {
    struct siphash_key key;
    uint64_t *slot; /* 0: free */
    size_t slots;   /* a power of two */
    size_t names;
};

/* False without random octets. */
bool seen_init(struct seen *s);

/* Adds the name; *before: it was there. False without memory. */
bool seen_add(struct seen *s, struct span name, bool *before);

bool seen_has(const struct seen *s, struct span name);

void seen_free(struct seen *s);

#endif
