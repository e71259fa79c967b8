#ifndef COEXIST_CTL_ROUTE_DOMAIN_H
#define COEXIST_CTL_ROUTE_DOMAIN_H

#include "base/buf.h"
#include "sys/config.h"

/* What Postfix has to know of the addresses that a domain's route template makes. */

#define ROUTE_KEY_MAX 512
#define ROUTE_UNDO_MAX 2048
#define ROUTE_SAMPLE "coexist-doctor" /* local part of a mailbox to try it with */

struct route_domain {
    /* Nobody else knows the domain, which is one under `.invalid`: Postfix must be told the next
     * hop, and undo the address there. */
    bool undone;
    char key[ROUTE_KEY_MAX];      /* in transport_maps: `.primary.invalid`, `primary.invalid` */
    char domain[ROUTE_KEY_MAX];   /* of the sample below */
    char sample[ROUTE_KEY_MAX];   /* `coexist-doctor@example.com` by the template ... */
    char original[ROUTE_KEY_MAX]; /* ... and itself */
    char pattern[ROUTE_UNDO_MAX]; /* a regular expression for the addresses that it makes ... */
    char undo[ROUTE_UNDO_MAX];    /* ... and what makes them what they were, as in regexp(5) */
};

/* False where the domain has no template, or where it is too long. */
bool route_domain_of(const struct config_domain *d, struct route_domain *out);

#endif
