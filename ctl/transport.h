#ifndef COEXIST_CTL_TRANSPORT_H
#define COEXIST_CTL_TRANSPORT_H

#include "core/site.h"
#include "sys/config.h"

/*
 * Transports as they stand in Postfix's tables and in zimbraMailTransport: `smtp:[host]:25`,
 * `lmtp:host:7025`. Which system one leads to is told by the configuration.
 */

struct transport {
    struct span scheme;
    struct span host; /* without brackets */
    unsigned port;    /* 25 for smtp and 24 for lmtp unless it is written */
};

/* False for what is no SCHEME:HOST, SCHEME:[HOST], each with :PORT or without. */
bool transport_parse(struct span text, struct transport *out);

struct transports {
    const struct config *config;
    struct site *site; /* the hosts and networks of both systems and the gateways */
};

/* False without memory. */
bool transports_init(struct transports *t, const struct config *config);
void transports_free(struct transports *t);

/*
 * The system that a transport leads to: the one with that very `nexthop`, whether its host is in
 * brackets or not; else the one among whose `hosts` or `networks` its host is. False where that is
 * none, a gateway, or both.
 */
bool transports_system(const struct transports *t, struct span text, enum system *out);

#endif
