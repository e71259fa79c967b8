#ifndef COEXIST_CTL_CALLER_H
#define COEXIST_CTL_CALLER_H

#include "ctl/session.h"
#include "engine/client.h"

/* The one who hands over a message that is only thought of: a client of whom the engine thinks what
 * was asked for. */

enum caller_how {
    CALLER_ADDRESS, /* by its address, which was given or is the first of `networks` that will do */
    CALLER_NOBODY,  /* no address: an SMTP client that belongs to neither system */
    CALLER_LOGIN,   /* it has authenticated */
    CALLER_CERT,    /* by `identify = "cert: ..."` */
    CALLER_HEADER   /* by `identify = "Header: value"`: known at the end of the header only */
};

struct caller {
    struct client client; /* spans borrowed from the engine */
    enum origin origin;   /* what the message comes from in the end */
    enum caller_how how;
    char address[64]; /* "" for none */
};

/*
 * from: the origin wanted; address: the client's, or NULL. With an address alone the origin is
 * what that gives. STATUS_YES; STATUS_USAGE after telling what cannot be.
 */
enum status caller_make(const struct session *s, const struct engine *e, const enum origin *from,
                        const char *address, struct caller *out);

#endif
