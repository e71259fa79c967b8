#ifndef COEXIST_CTL_ENDPOINT_H
#define COEXIST_CTL_ENDPOINT_H

#include "base/buf.h"

/* Where something listens, as the configuration and Postfix write it. */

#define ENDPOINT_TEXT_MAX 512

struct endpoint {
    bool local;                   /* a unix socket: path; else host and port */
    char path[ENDPOINT_TEXT_MAX]; /* with no double slash in it */
    char host[ENDPOINT_TEXT_MAX]; /* a name or an address, with no brackets */
    unsigned port;
};

/* unix:PATH, local:PATH, inet:PORT@HOST, inet6:PORT@HOST. False for another form. */
bool endpoint_of_listen(const char *text, struct endpoint *out);

/* HOST:PORT, [IPV6]:PORT. */
bool endpoint_of_host(struct span text, struct endpoint *out);

/*
 * unix:PATH, inet:HOST:PORT as in smtpd_milters. A path begins where the process has its root:
 * base/ is put before one that does not begin with a slash, or before each where the process has
 * changed its root to base.
 */
bool endpoint_of_postfix(struct span text, const char *base, bool chrooted, struct endpoint *out);

/* As Postfix names it: by the path below base where it is there, which is good with and without a
 * change of root. */
void endpoint_for_postfix(const struct endpoint *e, const char *base, struct buf *out);

/* The path is below this folder. */
bool endpoint_is_below(const struct endpoint *e, const char *base);

/* The same place. Names of this host are one, and the address that stands for all matches each. */
bool endpoint_eq(const struct endpoint *a, const struct endpoint *b);

/* Connects, within ms milliseconds: *fd is then a socket that does not block, for the caller to
 * close. 0, or an error number: of ENOENT nothing is there, of ECONNREFUSED nobody listens, of
 * ETIMEDOUT nobody answered, of EHOSTUNREACH the name leads nowhere. */
int endpoint_open(const struct endpoint *e, unsigned ms, int *fd);

/* The same, and hangs up. */
int endpoint_try(const struct endpoint *e, unsigned ms);

#endif
