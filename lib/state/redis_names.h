#ifndef COEXIST_STATE_REDIS_NAMES_H
#define COEXIST_STATE_REDIS_NAMES_H

#include <sys/socket.h>

#include "state/record.h"

/*
 * The addresses of the server. The system's resolver knows no time limit, so that a name (not a
 * numeric address) is looked up in a thread of its own, of which there is never more than one;
 * whoever waits for it leaves at its own deadline.
 */

#define REDIS_ADDRESSES_MAX 8 /* further ones are not tried */

struct redis_address {
    struct sockaddr_storage address;
    socklen_t length;
};

bool redis_address_eq(const struct redis_address *a, const struct redis_address *b);

struct redis_addresses {
    struct redis_address at[REDIS_ADDRESSES_MAX];
    size_t n;
};

struct redis_names;

/* NULL without memory. */
struct redis_names *redis_names_new(const char *host, unsigned port);

/* Another owner; each of them frees. */
struct redis_names *redis_names_ref(struct redis_names *n);

/* A thread that is still at work frees what it uses when it ends. NULL is borne. */
void redis_names_free(struct redis_names *n);

/* False, with a sentence in why, when there is none or the deadline has passed. */
bool redis_names_ask(struct redis_names *n, int64_t deadline, struct redis_addresses *out,
                     char why[RECORD_FAULT_MAX]);

#endif
