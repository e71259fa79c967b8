#ifndef COEXIST_ENGINE_CLIENT_H
#define COEXIST_ENGINE_CLIENT_H

#include "engine/engine.h"

/* What is known of the one who hands over a message, before any header. */
struct client {
    struct ip ip;
    bool has_ip;              /* false: a unix socket, or an address that is not IP */
    bool smtp;                /* false: submitted by sendmail(1) and the like */
    bool authenticated;       /* SASL */
    bool bodiless;            /* the MTA was not asked for the bodies of messages */
    struct span cert_subject; /* common name of a TLS certificate that the MTA has verified (Postfix
                                 tells of no other); absent: none */
};

/*
 * Where a client belongs: local for what does not come by SMTP, for an authenticated session and
 * for this system's own networks or certificate; the peer for its networks or certificate; else
 * external. The most specific network wins.
 */
enum origin client_origin(const struct engine *e, const struct client *c);

#endif
