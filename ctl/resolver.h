#ifndef COEXIST_CTL_RESOLVER_H
#define COEXIST_CTL_RESOLVER_H

#include <resolv.h>
#include <stdbool.h>
#include <stddef.h>

/* Questions to the DNS, each with an end in time. */

#define RESOLVER_WAIT_S 3 /* for each name server */
#define RESOLVER_SERVERS_MAX 2
#define RESOLVER_MX_MAX 64
#define RESOLVER_HOST_MAX 256
#define RESOLVER_PORT 53

struct resolver {
    struct __res_state state;
};

/* server: `ADDRESS` or `ADDRESS:PORT` of an IPv4 name server; NULL: those of the system. False,
 * with a sentence in *why. */
bool resolver_open(struct resolver *r, const char *server, const char **why);
void resolver_close(struct resolver *r);

enum resolver_answer {
    RESOLVER_FOUND,
    RESOLVER_ABSENT, /* there is no such name, or it has none of these */
    RESOLVER_SILENT  /* no answer, or one that is no good */
};

struct resolver_mx {
    unsigned preference;
    char host[RESOLVER_HOST_MAX]; /* no dot at its end; "" for the null MX of RFC 7505 */
};

/* The MX records of a domain, those beyond RESOLVER_MX_MAX left out. */
enum resolver_answer resolver_mx(struct resolver *r, const char *domain,
                                 struct resolver_mx out[RESOLVER_MX_MAX], size_t *n);

#endif
