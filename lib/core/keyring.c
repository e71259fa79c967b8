#include "core/keyring.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define BASE64_MAX ((KEY_SECRET_MAX + 2) / 3 * 4)

_Static_assert(KEYRING_KEYS_MAX == 32 && KEY_NAME_MAX == 64, "the sentences below name them");
_Static_assert(KEY_SECRET_MIN == 16 && KEY_SECRET_MAX == 256, "the sentences below name them");

static const char too_many[] = "too many keys: at most 32";
static const char no_secret[] = "a line is a name, a blank and a secret in base64";
static const char bad_name[] = "a key's name is 1 to 64 letters, digits, '.', '_' or '-'";
static const char double_name[] = "a key of this name stands above already";
static const char bad_base64[] = "the secret is not base64, or not in full";
static const char too_short[] = "the secret is too short: at least 16 octets";
static const char too_long[] = "the secret is too long: at most 256 octets";
static const char no_key[] = "there is no key: at least one line NAME BASE64 is needed";

static bool is_name_char(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || c == '.' || c == '_' || c == '-';
}

static bool is_name(struct span s)
{
    if (s.n == 0 || s.n > KEY_NAME_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_name_char(s.p[i]))
            return false;
    return true;
}

/*
 * Decodes into octets, *n of them. libcrypto forgives blanks, padding in odd places and bits beyond
 * the end; what it decodes is therefore encoded again and must be the same text.
 */
static bool decode_base64(struct span text, unsigned char octets[BASE64_MAX], size_t *n)
{
    unsigned char again[BASE64_MAX + 1];
    size_t padding = 0;
    if (text.n == 0 || text.n % 4 != 0 || text.n > BASE64_MAX)
        return false;
    while (padding < 2 && text.p[text.n - 1 - padding] == '=')
        padding++;
    int decoded = EVP_DecodeBlock(octets, (const unsigned char *)text.p, (int)text.n);
    if (decoded < 3)
        return false;
    *n = (size_t)decoded - padding;
    int encoded = EVP_EncodeBlock(again, octets, (int)*n);
    bool same = (size_t)encoded == text.n && memcmp(again, text.p, text.n) == 0;
    OPENSSL_cleanse(again, sizeof(again));
    return same;
}

static const char *read_secret(struct span text, struct key *key)
{
    unsigned char octets[BASE64_MAX];
    size_t n = 0;
    const char *fault = NULL;
    if (text.n > BASE64_MAX)
        return too_long;
    if (!decode_base64(text, octets, &n))
        fault = bad_base64;
    else if (n < KEY_SECRET_MIN)
        fault = too_short;
    else if (n > KEY_SECRET_MAX)
        fault = too_long;
    if (!fault) {
        memcpy(key->secret, octets, n);
        key->secret_len = n;
    }
    OPENSSL_cleanse(octets, sizeof(octets));
    return fault;
}

/* Splits at the first blank; what stands behind the blanks is all secret. */
static void split_line(struct span line, struct span *name, struct span *secret)
{
    size_t n = 0;
    while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
        n++;
    *name = (struct span){ line.p, n };
    *secret = span_trim(span_from(line, n));
}

static const char *read_line(struct span line, struct keyring *out)
{
    struct span name, secret;
    line = span_trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return NULL;
    split_line(line, &name, &secret);
    if (!is_name(name))
        return bad_name;
    if (secret.n == 0)
        return no_secret;
    if (keyring_find(out, name))
        return double_name;
    if (out->keys == KEYRING_KEYS_MAX)
        return too_many;

    struct key *key = &out->key[out->keys];
    const char *fault = read_secret(secret, key);
    if (fault)
        return fault;
    memcpy(key->name, name.p, name.n);
    key->name[name.n] = '\0';
    out->keys++;
    return NULL;
}

const char *keyring_parse(struct span text, struct keyring *out, size_t *line)
{
    struct span item;
    size_t number = 0;
    memset(out, 0, sizeof(*out));
    *line = 0;
    while (span_split(&text, '\n', &item)) {
        number++;
        const char *fault = read_line(item, out);
        if (!fault)
            continue;
        keyring_wipe(out);
        *line = number;
        return fault;
    }
    return out->keys > 0 ? NULL : no_key;
}

const struct key *keyring_find(const struct keyring *k, struct span name)
{
    for (size_t i = 0; i < k->keys; i++)
        if (span_eq(name, span_of(k->key[i].name)))
            return &k->key[i];
    return NULL;
}

void keyring_wipe(struct keyring *k)
{
    OPENSSL_cleanse(k, sizeof(*k));
    k->keys = 0;
}

void keyring_write(struct span name, const unsigned char *secret, size_t secret_len,
                   struct buf *out)
{
    unsigned char text[BASE64_MAX + 1];
    if (!is_name(name) || secret_len < KEY_SECRET_MIN || secret_len > KEY_SECRET_MAX) {
        out->failed = true;
        return;
    }
    int n = EVP_EncodeBlock(text, secret, (int)secret_len);
    buf_add(out, name);
    buf_addc(out, ' ');
    buf_add(out, (struct span){ (const char *)text, (size_t)n });
    buf_addc(out, '\n');
    OPENSSL_cleanse(text, sizeof(text));
}
