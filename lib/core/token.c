#include "core/token.h"

#include <openssl/crypto.h>
#include <string.h>

#include "core/hmac.h"

#define TOKEN_BITS_PER_CHAR 6
#define TOKEN_STRIDE (TOKEN_LEN + 1) /* a token and the comma behind it */

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct token token_make(const struct key *key, struct span id, char kind, struct span text)
{
    const char middle[] = { '\0', kind, '\0' };
    const struct span part[] = { id, { middle, sizeof(middle) }, text };
    unsigned char mac[HMAC_LEN];
    struct token token = { "" };
    uint64_t bits = 0;

    if (!hmac_sha256(key, part, 3, mac))
        return token;
    for (size_t i = 0; i < TOKEN_LEN * TOKEN_BITS_PER_CHAR / 8; i++)
        bits = bits << 8 | mac[i];
    for (size_t i = TOKEN_LEN; i > 0; i--) {
        token.text[i - 1] = base64url[bits & 63];
        bits >>= TOKEN_BITS_PER_CHAR;
    }
    return token;
}

bool token_eq(const struct token *a, struct span b)
{
    return a->text[0] != '\0' && b.n == TOKEN_LEN && CRYPTO_memcmp(a->text, b.p, TOKEN_LEN) == 0;
}

static bool is_base64url(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

bool token_is(struct span text)
{
    if (text.n != TOKEN_LEN)
        return false;
    for (size_t i = 0; i < TOKEN_LEN; i++)
        if (!is_base64url(text.p[i]))
            return false;
    return true;
}

bool token_list_is(struct span list, size_t most)
{
    if (list.n == 0)
        return true;
    if (list.n % TOKEN_STRIDE != TOKEN_LEN || list.n / TOKEN_STRIDE >= most)
        return false;
    for (size_t at = 0; at < list.n; at += TOKEN_STRIDE) {
        if (at > 0 && list.p[at - 1] != ',')
            return false;
        if (!token_is((struct span){ list.p + at, TOKEN_LEN }))
            return false;
    }
    return true;
}

bool token_list_has(struct span list, const struct token *t)
{
    uint64_t want;
    uint64_t here;
    bool found = false;

    _Static_assert(TOKEN_LEN == sizeof(want), "a token is compared as one number");
    memcpy(&want, t->text, TOKEN_LEN);
    for (size_t at = 0; list.n >= TOKEN_LEN && at <= list.n - TOKEN_LEN; at += TOKEN_STRIDE) {
        memcpy(&here, list.p + at, TOKEN_LEN);
        found |= here == want;
    }
    return found && t->text[0] != '\0';
}
