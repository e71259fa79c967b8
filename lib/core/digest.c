#include "core/digest.h"

#include <openssl/evp.h>

#include "core/sha256.h"

#define LENGTH_OCTETS 8

static bool add_part(EVP_MD_CTX *ctx, struct span part)
{
    unsigned char length[LENGTH_OCTETS];
    uint64_t n = part.n;
    for (size_t i = LENGTH_OCTETS; i > 0; i--, n >>= 8)
        length[i - 1] = n & 0xff;
    return EVP_DigestUpdate(ctx, length, sizeof(length)) &&
           (part.n == 0 || EVP_DigestUpdate(ctx, part.p, part.n));
}

static bool run(EVP_MD_CTX *ctx, const struct span *part, size_t parts,
                unsigned char out[DIGEST_OCTETS_MAX])
{
    const EVP_MD *type = sha256_type();
    unsigned n = 0;
    if (!type || !EVP_DigestInit_ex2(ctx, type, NULL))
        return false;
    for (size_t i = 0; i < parts; i++)
        if (!add_part(ctx, part[i]))
            return false;
    return EVP_DigestFinal_ex(ctx, out, &n) && n == DIGEST_OCTETS_MAX;
}

bool digest_write(const struct span *part, size_t parts, size_t octets, char *out)
{
    unsigned char digest[DIGEST_OCTETS_MAX];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && run(ctx, part, parts, digest);
    EVP_MD_CTX_free(ctx);
    *out = '\0';
    if (good)
        base64url_write(digest, octets, out);
    return good;
}
