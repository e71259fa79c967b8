#include "core/token.h"

#include <openssl/crypto.h>
#include <string.h>

#include "core/base64url.h"
#include "core/hmac.h"

#define TOKEN_OCTETS 6
#define TOKEN_STRIDE (TOKEN_LEN + 1) /* a token and the comma behind it */

_Static_assert(BASE64URL_LEN(TOKEN_OCTETS) == TOKEN_LEN, "a token is so many octets");

struct token token_make(const struct key *key, struct span id, char kind, struct span text)
{
    const char middle[] = { '\0', kind, '\0' };
    const struct span part[] = { id, { middle, sizeof(middle) }, text };
    unsigned char mac[HMAC_LEN];
    struct token token = { "" };

    if (hmac_sha256(key, part, 3, mac))
        base64url_write(mac, TOKEN_OCTETS, token.text);
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
