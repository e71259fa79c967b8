#ifndef COEXIST_CORE_KEYRING_H
#define COEXIST_CORE_KEYRING_H

#include "base/buf.h"
#include "base/result.h"
#include "base/span.h"

/* The named secrets that sign and verify traces. The first one signs, all of them verify. */

#define KEYRING_KEYS_MAX 32
#define KEY_NAME_MAX 64
#define KEY_SECRET_MIN 16 /* octets */
#define KEY_SECRET_MAX 256

struct key {
    char name[KEY_NAME_MAX + 1]; /* letters, digits, '.', '_', '-' */
    unsigned char secret[KEY_SECRET_MAX];
    size_t secret_len;
};

struct keyring {
    struct key key[KEYRING_KEYS_MAX];
    size_t keys;
};

/*
 * Reads the text of a key file: lines `NAME BASE64`, blank lines and lines that begin with # passed
 * over. Returns NULL when good, else a sentence that says what is wrong, with its line in *line
 * (1 is the first; 0 when it is about the whole: no key at all). Refused: a bad or double name, bad
 * base64, a secret under KEY_SECRET_MIN or over KEY_SECRET_MAX, too many keys. *out is empty after
 * a refusal.
 */
const char *keyring_parse(struct span text, struct keyring *out, size_t *line);

/* Writes the line of a key file for one secret. Fails the buffer for a name or a length that
 * keyring_parse() would refuse. */
void keyring_write(struct span name, const unsigned char *secret, size_t secret_len,
                   struct buf *out);

/* The key of that exact name, or NULL. */
const struct key *keyring_find(const struct keyring *k, struct span name);

/* Overwrites the secrets; the structure may then be freed. */
void keyring_wipe(struct keyring *k);

#endif
