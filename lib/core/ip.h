#ifndef COEXIST_CORE_IP_H
#define COEXIST_CORE_IP_H

#include "base/span.h"

/* An IP address in network order; bytes is 4 or 16. IPv4-mapped IPv6 is kept as IPv4. */
struct ip {
    unsigned char octet[16];
    unsigned bytes;
};

/* Reads 192.0.2.1, 2001:db8::1, with or without the `IPv6:` tag and square brackets (RFC 5321
 * section 4.1.3). A zone (%eth0) is refused. */
bool ip_parse(struct span text, struct ip *out);

/* From a socket address; false for a family that is neither AF_INET nor AF_INET6. */
struct sockaddr;
bool ip_of_sockaddr(const struct sockaddr *sa, struct ip *out);

#endif
