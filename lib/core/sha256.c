#include "core/sha256.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stddef.h>

const EVP_MD *sha256_type(void)
{
    static _Atomic(EVP_MD *) kept;
    EVP_MD *type = atomic_load_explicit(&kept, memory_order_acquire);
    if (type)
        return type;
    EVP_MD *mine = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!mine || atomic_compare_exchange_strong(&kept, &type, mine))
        return mine;
    EVP_MD_free(mine);
    return type;
}
