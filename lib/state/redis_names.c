#include "state/redis_names.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/deadline.h"
#include "state/fault.h"
#include "state/thread.h"

struct redis_names {
    pthread_mutex_t lock;
    pthread_cond_t done;
    char *host;
    char port[sizeof("4294967295")];
    unsigned users;   /* the owners, and the thread while it runs */
    bool busy;        /* the thread runs */
    uint64_t answers; /* how often it has brought a result */
    int error;        /* of the last one, as getaddrinfo(3) gives it */
    struct redis_addresses addresses;
};

static bool ipv4_eq(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    struct sockaddr_in x, y;
    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return x.sin_port == y.sin_port && x.sin_addr.s_addr == y.sin_addr.s_addr;
}

static bool ipv6_eq(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    struct sockaddr_in6 x, y;
    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return x.sin6_port == y.sin6_port && x.sin6_scope_id == y.sin6_scope_id &&
           memcmp(&x.sin6_addr, &y.sin6_addr, sizeof(x.sin6_addr)) == 0;
}

/* There are octets in a socket address that mean nothing. */
bool redis_address_eq(const struct redis_address *a, const struct redis_address *b)
{
    if (a->length != b->length)
        return false;
    if (a->length == 0)
        return true;
    if (a->address.ss_family != b->address.ss_family)
        return false;
    return a->address.ss_family == AF_INET ? ipv4_eq(&a->address, &b->address)
                                           : ipv6_eq(&a->address, &b->address);
}

struct redis_names *redis_names_new(const char *host, unsigned port)
{
    struct redis_names *n = calloc(1, sizeof(*n));
    if (!n)
        return NULL;
    n->host = strdup(host);
    if (!n->host) {
        free(n);
        return NULL;
    }
    snprintf(n->port, sizeof(n->port), "%u", port);
    n->users = 1;
    pthread_mutex_init(&n->lock, NULL);
    thread_condition_init(&n->done);
    return n;
}

struct redis_names *redis_names_ref(struct redis_names *n)
{
    pthread_mutex_lock(&n->lock);
    n->users++;
    pthread_mutex_unlock(&n->lock);
    return n;
}

static void names_leave(struct redis_names *n)
{
    pthread_mutex_lock(&n->lock);
    unsigned users = --n->users;
    pthread_mutex_unlock(&n->lock);
    if (users > 0)
        return;
    pthread_cond_destroy(&n->done);
    pthread_mutex_destroy(&n->lock);
    free(n->host);
    free(n);
}

void redis_names_free(struct redis_names *n)
{
    if (n)
        names_leave(n);
}

static int resolve(const struct redis_names *n, int flags, struct redis_addresses *out)
{
    const struct addrinfo hints = { .ai_flags = flags | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    int error = getaddrinfo(n->host, n->port, &hints, &list);
    out->n = 0;
    if (error)
        return error;
    for (const struct addrinfo *a = list; a && out->n < REDIS_ADDRESSES_MAX; a = a->ai_next) {
        if (a->ai_addrlen > sizeof(out->at[0].address))
            continue;
        memcpy(&out->at[out->n].address, a->ai_addr, a->ai_addrlen);
        out->at[out->n++].length = a->ai_addrlen;
    }
    freeaddrinfo(list);
    return out->n > 0 ? 0 : EAI_NONAME;
}

static void *names_thread(void *names)
{
    struct redis_names *n = names;
    struct redis_addresses found;
    int error = resolve(n, 0, &found);
    pthread_mutex_lock(&n->lock);
    n->error = error;
    n->addresses = found;
    n->answers++;
    n->busy = false;
    pthread_cond_broadcast(&n->done);
    pthread_mutex_unlock(&n->lock);
    names_leave(n);
    return NULL;
}

/* With the lock held. */
static bool names_start(struct redis_names *n)
{
    pthread_t thread;
    if (n->busy)
        return true;
    n->busy = thread_start(&thread, names_thread, n);
    if (n->busy) {
        pthread_detach(thread);
        n->users++;
    }
    return n->busy;
}

/* With the lock held; gives it up while it waits. */
static bool names_wait(struct redis_names *n, int64_t deadline, char why[RECORD_FAULT_MAX])
{
    const struct timespec until = deadline_timespec(deadline);
    uint64_t before = n->answers;
    if (!names_start(n)) {
        fault_set(why, "no thread to look up %s", n->host);
        return false;
    }
    while (n->answers == before) {
        if (pthread_cond_timedwait(&n->done, &n->lock, &until) == ETIMEDOUT) {
            fault_set(why, "the name %s was not resolved in time", n->host);
            return false;
        }
    }
    if (n->error)
        fault_set(why, "the name %s: %s", n->host, gai_strerror(n->error));
    return n->error == 0;
}

bool redis_names_ask(struct redis_names *n, int64_t deadline, struct redis_addresses *out,
                     char why[RECORD_FAULT_MAX])
{
    if (resolve(n, AI_NUMERICHOST, out) == 0)
        return true;
    pthread_mutex_lock(&n->lock);
    bool found = names_wait(n, deadline, why);
    if (found)
        *out = n->addresses;
    pthread_mutex_unlock(&n->lock);
    return found;
}
