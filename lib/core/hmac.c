#include "core/hmac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

void hmac_outlive_main(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

static void hmac_free(struct hmac *h)
{
    EVP_MAC_CTX_free(h->context);
    h->context = NULL;
}

void hmac_begin(struct hmac *h, const struct key *key)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                            OSSL_PARAM_construct_end() };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    h->context = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    if (h->context && !EVP_MAC_init(h->context, key->secret, key->secret_len, params))
        hmac_free(h);
}

void hmac_add(struct hmac *h, struct span piece)
{
    if (h->context && !EVP_MAC_update(h->context, (const unsigned char *)piece.p, piece.n))
        hmac_free(h);
}

bool hmac_end(struct hmac *h, unsigned char out[HMAC_LEN])
{
    size_t n = 0;
    bool good = h->context && EVP_MAC_final(h->context, out, &n, HMAC_LEN) && n == HMAC_LEN;
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
