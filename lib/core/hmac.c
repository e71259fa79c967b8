#include "core/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define INNER_PAD 0x36
#define OUTER_PAD 0x5c

/*
 * RFC 2104 on libcrypto's SHA-256 itself. Its own HMAC costs several times as much for a short
 * text, most of it in finding the algorithm anew and in counting references to it.
 */

_Static_assert(HMAC_LEN == SHA256_LEN, "an HMAC is as long as its digest");

void hmac_outlive_main(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

static void hmac_free(struct hmac *h)
{
    EVP_MD_CTX_free(h->context);
    h->context = NULL;
    OPENSSL_cleanse(h->outer, sizeof(h->outer));
}

static bool start(EVP_MD_CTX *context, const unsigned char block[SHA256_BLOCK])
{
    const EVP_MD *type = sha256_type();
    return type && EVP_DigestInit_ex2(context, type, NULL) &&
           EVP_DigestUpdate(context, block, SHA256_BLOCK);
}

static bool finish(EVP_MD_CTX *context, unsigned char out[HMAC_LEN])
{
    unsigned n = 0;
    return EVP_DigestFinal_ex(context, out, &n) && n == HMAC_LEN;
}

/* The key filled up to a block; one longer than a block is replaced by its digest. */
static bool write_block(const struct key *key, unsigned char block[SHA256_BLOCK])
{
    memset(block, 0, SHA256_BLOCK);
    if (key->secret_len <= SHA256_BLOCK) {
        memcpy(block, key->secret, key->secret_len);
        return true;
    }
    const EVP_MD *type = sha256_type();
    return type && EVP_Digest(key->secret, key->secret_len, block, NULL, type, NULL);
}

void hmac_begin(struct hmac *h, const struct key *key)
{
    unsigned char inner[SHA256_BLOCK];
    bool good = write_block(key, inner);
    for (size_t i = 0; i < SHA256_BLOCK; i++) {
        h->outer[i] = inner[i] ^ OUTER_PAD;
        inner[i] ^= INNER_PAD;
    }
    h->context = good ? EVP_MD_CTX_new() : NULL;
    if (!h->context || !start(h->context, inner))
        hmac_free(h);
    OPENSSL_cleanse(inner, sizeof(inner));
}

void hmac_add(struct hmac *h, struct span piece)
{
    if (h->context && piece.n > 0 && !EVP_DigestUpdate(h->context, piece.p, piece.n))
        hmac_free(h);
}

bool hmac_end(struct hmac *h, unsigned char out[HMAC_LEN])
{
    bool good = h->context && finish(h->context, out) && start(h->context, h->outer) &&
                EVP_DigestUpdate(h->context, out, HMAC_LEN) && finish(h->context, out);
    hmac_free(h);
    return good;
}

bool hmac_sha256(const struct key *key, const struct span *part, size_t parts,
                 unsigned char out[HMAC_LEN])
{
    struct hmac h;
    hmac_begin(&h, key);
    for (size_t i = 0; i < parts; i++)
        hmac_add(&h, part[i]);
    return hmac_end(&h, out);
}

bool hmac_equal(const unsigned char a[HMAC_LEN], const unsigned char b[HMAC_LEN])
{
    return CRYPTO_memcmp(a, b, HMAC_LEN) == 0;
}
