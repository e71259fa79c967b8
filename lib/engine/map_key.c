#include "engine/map_key.h"

#include "core/address.h"

/* The octets up to the last @, which an address literal or a domain name has none of. */
static bool split(struct span key, struct span *local, struct span *domain)
{
    size_t at = span_rfind(key, '@');
    if (at == 0 || at + 1 >= key.n)
        return false;
    *local = (struct span){ key.p, at };
    *domain = span_from(key, at + 1);
    return true;
}

static bool is_quoted(struct span local)
{
    return local.n > 2 && local.p[0] == '"' && local.p[local.n - 1] == '"';
}

bool map_key_address(struct span key, struct buf *out)
{
    struct span local, domain;
    if (!split(key, &local, &domain))
        return false;
    if (is_quoted(local))
        buf_add(out, local);
    else
        address_write_local(local, out);
    buf_addc(out, '@');
    buf_add(out, domain);
    return true;
}

struct span map_key_domain(struct span key, char buffer[MAP_KEY_DOMAIN_MAX])
{
    struct span local, domain;
    if (!split(key, &local, &domain) || domain.n > MAP_KEY_DOMAIN_MAX)
        return SPAN_LIT("");
    if (domain.p[domain.n - 1] == '.')
        domain.n--;
    for (size_t i = 0; i < domain.n; i++)
        buffer[i] = ascii_lower(domain.p[i]);
    return (struct span){ buffer, domain.n };
}
