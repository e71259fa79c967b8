#include "core/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static const unsigned char mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF };

static void ip_set(struct ip *out, const unsigned char *octets, unsigned bytes)
{
    if (bytes == 16 && memcmp(octets, mapped_prefix, sizeof(mapped_prefix)) == 0) {
        octets += sizeof(mapped_prefix);
        bytes = 4;
    }
    *out = (struct ip){ .bytes = bytes };
    memcpy(out->octet, octets, bytes);
}

bool ip_parse(struct span text, struct ip *out)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char octets[16];
    const struct span tag = SPAN_LIT("IPv6:");
    if (text.n >= 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
        text = (struct span){ text.p + 1, text.n - 2 };
    bool tagged = span_istarts(text, tag);
    if (tagged)
        text = span_from(text, tag.n);
    if (text.n == 0 || text.n >= sizeof(copy) || memchr(text.p, '\0', text.n))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (!tagged && inet_pton(AF_INET, copy, octets) == 1)
        ip_set(out, octets, 4);
    else if (inet_pton(AF_INET6, copy, octets) == 1)
        ip_set(out, octets, 16);
    else
        return false;
    return true;
}

bool ip_of_sockaddr(const struct sockaddr *sa, struct ip *out)
{
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof(in));
        ip_set(out, (const unsigned char *)&in.sin_addr, 4);
        return true;
    }
    if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof(in6));
        ip_set(out, in6.sin6_addr.s6_addr, 16);
        return true;
    }
    return false;
}
