#include "core/site.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define LABEL_MAX 63
#define IPV4_BITS 32
#define IPV6_BITS 128

struct host {
    UT_hash_handle hh;
    enum place place;
    char name[]; /* lower case, no trailing dot; of a pattern, what stands behind the `*.` */
};

struct network {
    struct ip ip;
    unsigned bits;
    enum place place;
};

struct site {
    struct host *exact;
    struct host *suffix;
    size_t longest_suffix;
    size_t hosts;
    struct network *network; /* longest prefix first; of the same length in the order added */
    size_t networks;
    size_t network_cap;
};

const char *place_name(enum place p)
{
    switch (p) {
    case PLACE_EXTERNAL:
        return "external";
    case PLACE_PRIMARY:
        return "primary";
    case PLACE_SECONDARY:
        return "secondary";
    case PLACE_GATEWAY:
        return "gateway";
    }
    return "?";
}

enum place place_of(enum system s)
{
    return s == SYSTEM_PRIMARY ? PLACE_PRIMARY : PLACE_SECONDARY;
}

struct site *site_new(void)
{
    return calloc(1, sizeof(struct site));
}

static void free_hosts(struct host **table)
{
    struct host *host = *table;
    HASH_CLEAR(hh, *table);
    while (host) {
        struct host *next = host->hh.next;
        free(host);
        host = next;
    }
}

void site_free(struct site *s)
{
    if (!s)
        return;
    free_hosts(&s->exact);
    free_hosts(&s->suffix);
    free(s->network);
    free(s);
}

static struct span without_dot(struct span host)
{
    if (host.n > 0 && host.p[host.n - 1] == '.')
        host.n--;
    return host;
}

/* Takes `*.` off a pattern; false for a plain name. */
static bool strip_star(struct span *pattern)
{
    if (pattern->n < 2 || pattern->p[0] != '*' || pattern->p[1] != '.')
        return false;
    *pattern = span_from(*pattern, 2);
    return true;
}

static const char *label_fault(struct span label)
{
    if (label.n == 0)
        return "an empty label: a host name has no two dots in a row and none in front";
    if (label.n > LABEL_MAX)
        return "a label is longer than 63 octets";
    for (size_t i = 0; i < label.n; i++) {
        unsigned char c = (unsigned char)ascii_lower(label.p[i]);
        if (c == '*')
            return "a * may only be the whole first label, as in *.example.com";
        if (c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return "a character that no host name has";
    }
    return NULL;
}

const char *site_host_fault(struct span pattern)
{
    struct span label, rest = pattern;
    struct ip ip;
    if (pattern.n == 0)
        return "an empty host name";
    if (ip_parse(pattern, &ip))
        return "an address, not a host name: it belongs under networks";
    strip_star(&rest);
    rest = without_dot(rest);
    if (rest.n > SITE_HOST_MAX)
        return "a host name is at most 255 octets long";
    while (span_split(&rest, '.', &label)) {
        const char *fault = label_fault(label);
        if (fault)
            return fault;
    }
    return NULL;
}

static struct host *find_host(struct host *table, struct span name)
{
    struct host *found = NULL;
    HASH_FIND(hh, table, name.p, name.n, found);
    return found;
}

static struct host *host_new(enum place place, struct span name)
{
    struct host *host = calloc(1, sizeof(*host) + name.n + 1);
    if (!host)
        return NULL;
    host->place = place;
    for (size_t i = 0; i < name.n; i++)
        host->name[i] = ascii_lower(name.p[i]);
    return host;
}

static enum result add_host(struct host **table, enum place place, struct span name)
{
    struct host *host = host_new(place, name);
    if (!host)
        return RESULT_NO_MEMORY;
    const struct host *there = find_host(*table, (struct span){ host->name, name.n });
    if (there) {
        free(host);
        return there->place == place ? RESULT_OK : RESULT_CLASH;
    }
    HASH_ADD_KEYPTR(hh, *table, host->name, name.n, host);
    if (!host->hh.tbl) {
        free(host);
        return RESULT_NO_MEMORY;
    }
    return RESULT_OK;
}

enum result site_add_host(struct site *s, enum place place, struct span pattern)
{
    if (site_host_fault(pattern))
        return RESULT_SYNTAX;
    if (s->hosts == SITE_HOSTS_MAX)
        return RESULT_LIMIT;
    bool star = strip_star(&pattern);
    pattern = without_dot(pattern);
    enum result r = add_host(star ? &s->suffix : &s->exact, place, pattern);
    if (r != RESULT_OK)
        return r;
    s->hosts++;
    if (star && pattern.n > s->longest_suffix)
        s->longest_suffix = pattern.n;
    return RESULT_OK;
}

/* From the longest suffix to the shortest, each beginning behind a dot. */
static const struct host *find_suffix(const struct site *s, struct span name)
{
    const struct host *found = NULL;
    size_t dot;
    while (!found && (dot = span_find(name, '.')) < name.n) {
        name = span_from(name, dot + 1);
        if (name.n <= s->longest_suffix)
            found = find_host(s->suffix, name);
    }
    return found;
}

enum place site_host(const struct site *s, struct span host)
{
    char lower[SITE_HOST_MAX];
    host = without_dot(host);
    if (host.n == 0 || host.n > sizeof(lower) || host.p[0] == '.')
        return PLACE_EXTERNAL;
    for (size_t i = 0; i < host.n; i++)
        lower[i] = ascii_lower(host.p[i]);
    struct span name = { lower, host.n };
    const struct host *found = find_host(s->exact, name);
    if (!found)
        found = find_suffix(s, name);
    return found ? found->place : PLACE_EXTERNAL;
}

/* The first bits of both are the same. */
static bool same_prefix(const struct ip *a, const struct ip *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a->octet, b->octet, whole) != 0)
        return false;
    return rest == 0 || (a->octet[whole] ^ b->octet[whole]) >> (8 - rest) == 0;
}

static bool has_host_bits(const struct network *n)
{
    for (unsigned bit = n->bits; bit < n->ip.bytes * 8; bit++)
        if (n->ip.octet[bit / 8] & (0x80 >> bit % 8))
            return true;
    return false;
}

/* A mapped address has lost 96 bits on its way to IPv4, and so must its prefix. */
static const char *read_bits(struct span text, bool mapped, struct network *out)
{
    uint64_t bits;
    unsigned lost = mapped ? IPV6_BITS - IPV4_BITS : 0, most = out->ip.bytes * 8 + lost;
    if (!span_number(text, &bits))
        return "the prefix length behind the / is no number";
    if (bits > most)
        return "the prefix length is over 32 (IPv4) or 128 (IPv6)";
    if (bits < lost)
        return "the prefix length of an IPv4-mapped network is 96 or more";
    out->bits = (unsigned)bits - lost;
    return NULL;
}

static const char *read_network(struct span text, struct network *out)
{
    size_t slash = span_find(text, '/');
    struct span address = { text.p, slash };
    if (!ip_parse(address, &out->ip))
        return "not an address: 192.0.2.1, 192.0.2.0/24, 2001:db8::1 and 2001:db8::/32 are";
    out->bits = out->ip.bytes * 8;
    if (slash == text.n)
        return NULL;
    bool mapped = out->ip.bytes == 4 && span_find(address, ':') < address.n;
    const char *fault = read_bits(span_from(text, slash + 1), mapped, out);
    if (fault)
        return fault;
    if (has_host_bits(out))
        return "host bits are set: behind the prefix all bits must be zero, as in 192.0.2.0/24 "
               "where 192.0.2.7/24 was meant as a network, or 192.0.2.7 for that one host";
    return NULL;
}

const char *site_network_fault(struct span network)
{
    struct network read;
    return read_network(network, &read);
}

static bool reserve_network(struct site *s)
{
    if (s->networks < s->network_cap)
        return true;
    size_t cap = s->network_cap ? s->network_cap * 2 : 16;
    struct network *grown = realloc(s->network, cap * sizeof(*grown));
    if (!grown)
        return false;
    s->network = grown;
    s->network_cap = cap;
    return true;
}

static const struct network *find_network(const struct site *s, const struct network *n)
{
    for (size_t i = 0; i < s->networks; i++)
        if (s->network[i].bits == n->bits && s->network[i].ip.bytes == n->ip.bytes &&
            memcmp(s->network[i].ip.octet, n->ip.octet, n->ip.bytes) == 0)
            return &s->network[i];
    return NULL;
}

enum result site_add_network(struct site *s, enum place place, struct span network)
{
    struct network added;
    if (read_network(network, &added))
        return RESULT_SYNTAX;
    const struct network *there = find_network(s, &added);
    if (there)
        return there->place == place ? RESULT_OK : RESULT_CLASH;
    if (s->networks == SITE_NETWORKS_MAX)
        return RESULT_LIMIT;
    if (!reserve_network(s))
        return RESULT_NO_MEMORY;
    added.place = place;
    size_t at = s->networks;
    while (at > 0 && s->network[at - 1].bits < added.bits)
        at--;
    memmove(&s->network[at + 1], &s->network[at], (s->networks - at) * sizeof(added));
    s->network[at] = added;
    s->networks++;
    return RESULT_OK;
}

enum place site_ip(const struct site *s, const struct ip *ip)
{
    for (size_t i = 0; i < s->networks; i++) {
        const struct network *n = &s->network[i];
        if (n->ip.bytes == ip->bytes && same_prefix(&n->ip, ip, n->bits))
            return n->place;
    }
    return PLACE_EXTERNAL;
}

bool site_is_loopback_name(struct span host)
{
    static const unsigned char loopback6[16] = { [15] = 1 };
    struct ip ip;
    if (ip_parse(host, &ip))
        return ip.bytes == 4 ? ip.octet[0] == 127 : memcmp(ip.octet, loopback6, 16) == 0;
    host = without_dot(host);
    return span_ieq(host, SPAN_LIT("localhost")) || span_iends(host, SPAN_LIT(".localhost")) ||
           span_ieq(host, SPAN_LIT("localhost.localdomain"));
}
