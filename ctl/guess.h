#ifndef COEXIST_CTL_GUESS_H
#define COEXIST_CTL_GUESS_H

#include "core/received.h"
#include "core/site.h"

/* Whose host has written a Received field, guessed from that field alone. */

enum guess_kind {
    GUESS_INSIDE,  /* no host of its own: localhost, a content filter, a private address, nothing */
    GUESS_SERVICE, /* one of many hosts of a service that is known by name */
    GUESS_HOST
};

enum guess_software { GUESS_OTHER, GUESS_EXCHANGE, GUESS_ZIMBRA };

struct guess {
    enum guess_kind kind;
    enum guess_software software;
    char host[SITE_HOST_MAX + 1];  /* in lower case; "" unless GUESS_HOST or GUESS_SERVICE */
    char owner[SITE_HOST_MAX + 1]; /* `Exchange Online`, or the domain that the host's owner has
                                      registered, by the Public Suffix List; the host where it has
                                      none */
};

/* value: what r was read from. */
void guess_hop(const struct received *r, struct span value, struct guess *out);

#endif
