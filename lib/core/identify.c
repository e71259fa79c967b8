#include "core/identify.h"

#include <openssl/crypto.h>

#include "core/header.h"

bool identify_parse(struct span text, struct identify *out)
{
    struct identify id = { SPAN_ABSENT, SPAN_ABSENT, SPAN_ABSENT };
    if (!span_present(text)) {
        *out = id;
        return true;
    }
    size_t colon = span_find(text, ':');
    struct span name = span_trim((struct span){ text.p, colon });
    struct span value = span_trim(span_from(text, colon + 1));
    if (colon == text.n || name.n == 0 || value.n == 0)
        return false;
    if (span_ieq(name, SPAN_LIT("cert"))) {
        id.cert = value;
    } else {
        id.header = name;
        id.value = value;
    }
    *out = id;
    return true;
}

bool identify_by_header(const struct identify *id, struct span name, struct span value)
{
    if (!span_present(id->header) || !span_ieq(span_trim(name), id->header))
        return false;
    struct buf flat;
    buf_init(&flat, id->value.n); /* a longer field is not it */
    header_unfold(value, &flat);
    bool same = buf_ok(&flat) && flat.n == id->value.n &&
                CRYPTO_memcmp(buf_text(&flat), id->value.p, flat.n) == 0;
    buf_free(&flat);
    return same;
}

bool identify_by_cert(const struct identify *id, struct span subject)
{
    return span_present(id->cert) && span_ieq(subject, id->cert);
}
