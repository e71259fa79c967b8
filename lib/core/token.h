#ifndef COEXIST_CORE_TOKEN_H
#define COEXIST_CORE_TOKEN_H

#include "core/keyring.h"

/*
 * A token stands for a text that a trace must not tell: whoever has the key and knows the text can
 * find it again, nobody else can, and the same text gives another token under another id.
 */

#define TOKEN_LEN 8 /* 48 bits in base64url (RFC 4648 section 5) */

struct token {
    char text[TOKEN_LEN + 1];
};

/*
 * The first 48 bits of HMAC-SHA256(secret, id NUL kind NUL text) in base64url. When libcrypto
 * fails, an empty token, which equals nothing and is in no list.
 */
struct token token_make(const struct key *key, struct span id, char kind, struct span text);
#define TOKEN_RECIPIENT 'r' /* text: a recipient's key (lower case) */
#define TOKEN_JOURNEY 'j'   /* text: what identifies the journey */

/* Equal, in constant time. */
bool token_eq(const struct token *a, struct span b);

/* Exactly TOKEN_LEN octets of base64url. */
bool token_is(struct span text);

/* An empty or absent list, or at most `most` tokens joined by commas, with nothing else. */
bool token_list_is(struct span list, size_t most);

/* The list, of that form, holds the token. Takes the same time wherever it stands. */
bool token_list_has(struct span list, const struct token *t);

#endif
