#include "core/hmac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

void hmac_outlive_main(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

static bool hmac_run(EVP_MAC_CTX *ctx, const struct key *key, const struct span *part, size_t parts,
                     unsigned char out[HMAC_LEN])
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                            OSSL_PARAM_construct_end() };
    size_t n = 0;
    if (!EVP_MAC_init(ctx, key->secret, key->secret_len, params))
        return false;
    for (size_t i = 0; i < parts; i++)
        if (!EVP_MAC_update(ctx, (const unsigned char *)part[i].p, part[i].n))
            return false;
    return EVP_MAC_final(ctx, out, &n, HMAC_LEN) && n == HMAC_LEN;
}

bool hmac_sha256(const struct key *key, const struct span *part, size_t parts,
                 unsigned char out[HMAC_LEN])
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    bool good = ctx && hmac_run(ctx, key, part, parts, out);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return good;
}
