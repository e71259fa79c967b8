#include "state/redis_target.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "state/deadline.h"

struct redis_target {
    struct redis_config config; /* its strings belong to the target */
    struct redis_names *names;  /* NULL without a host */
    pthread_mutex_t lock;       /* of what follows */
    bool pinned;
    struct redis_place pin;
};

/* False without memory. */
static bool copy_string(const char **string)
{
    if (!*string)
        return true;
    *string = strdup(*string);
    return *string;
}

/* The strings of a configuration, one after the other; NULL after the last. */
static const char **config_string(struct redis_config *c, size_t i)
{
    const char **const string[] = { &c->host,          &c->path,   &c->master,
                                    &c->sentinel_user, &c->user,   &c->sentinel_password,
                                    &c->password,      &c->tls.ca, &c->tls.cert,
                                    &c->tls.key,       &c->prefix };
    if (i < COUNT_OF(string))
        return string[i];
    i -= COUNT_OF(string);
    return i < c->sentinels ? &c->sentinel[i].name : NULL;
}

/* All of them are copied, good or not: redis_target_free() frees them. */
static bool copy_config(struct redis_config *c)
{
    bool copied = true;
    const char **string;
    for (size_t i = 0; (string = config_string(c, i)); i++)
        copied = copy_string(string) && copied;
    return copied;
}

struct redis_target *redis_target_new(const struct redis_config *config)
{
    struct redis_target *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->config = *config;
    pthread_mutex_init(&t->lock, NULL);
    bool copied = copy_config(&t->config);
    if (copied && config->host)
        t->names = redis_names_new(config->host, config->port ? config->port : REDIS_PORT);
    if (copied && (t->names || !config->host))
        return t;
    redis_target_free(t);
    return NULL;
}

void redis_target_free(struct redis_target *t)
{
    if (!t)
        return;
    const char **string;
    for (size_t i = 0; (string = config_string(&t->config, i)); i++)
        free((void *)*string);
    redis_names_free(t->names);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

const struct redis_config *redis_target_config(const struct redis_target *t)
{
    return &t->config;
}

/* One after the other, each with an equal share of the time that is left. */
static struct redis_connection *connect_first(const struct redis_config *config,
                                              const struct redis_addresses *a, const char *host,
                                              int64_t deadline, char why[RECORD_FAULT_MAX])
{
    struct redis_connection *c = NULL;
    for (size_t i = 0; i < a->n && !c; i++) {
        struct redis_place place = { .address = a->at[i] };
        unsigned share = (unsigned)deadline_left(deadline) / (unsigned)(a->n - i);
        snprintf(place.host, sizeof(place.host), "%s", host);
        c = redis_connection_open(config, &place, deadline_in(share), why);
    }
    return c;
}

static struct redis_connection *connect_host(struct redis_target *t, int64_t deadline,
                                             char why[RECORD_FAULT_MAX])
{
    struct redis_addresses a;
    if (!redis_names_ask(t->names, deadline, &a, why))
        return NULL;
    return connect_first(&t->config, &a, t->config.host, deadline, why);
}

struct redis_connection *redis_target_connect_anew(struct redis_target *t, int64_t deadline,
                                                   char why[RECORD_FAULT_MAX])
{
    const struct redis_place local = { .address.length = 0 };
    return t->config.path ? redis_connection_open(&t->config, &local, deadline, why)
                          : connect_host(t, deadline, why);
}

static bool read_pin(struct redis_target *t, struct redis_place *out)
{
    pthread_mutex_lock(&t->lock);
    bool pinned = t->pinned;
    *out = t->pin;
    pthread_mutex_unlock(&t->lock);
    return pinned;
}

struct redis_connection *redis_target_connect(struct redis_target *t, int64_t deadline,
                                              char why[RECORD_FAULT_MAX])
{
    struct redis_place pin;
    return read_pin(t, &pin) ? redis_connection_open(&t->config, &pin, deadline, why)
                             : redis_target_connect_anew(t, deadline, why);
}

bool redis_target_pin(struct redis_target *t, const struct redis_connection *c)
{
    const struct redis_place *place = redis_connection_place(c);
    pthread_mutex_lock(&t->lock);
    bool same = t->pinned && redis_address_eq(&t->pin.address, &place->address);
    t->pin = *place;
    t->pinned = true;
    pthread_mutex_unlock(&t->lock);
    return !same;
}

bool redis_target_still_meant(struct redis_target *t, int64_t deadline)
{
    (void)t;
    (void)deadline;
    return true;
}
