#include "state/redis_target.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "state/deadline.h"
#include "state/fault.h"
#include "state/redis_sentinel.h"

struct redis_target {
    struct redis_config config;        /* its strings belong to the target */
    struct redis_sentinels *sentinels; /* NULL without them */
    pthread_mutex_t lock;              /* of what follows */
    struct redis_names *names;         /* of the host, else of the master; or NULL */
    struct redis_master master;        /* what the Sentinels' names are of */
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
    if (copied && config->sentinels > 0)
        t->sentinels = redis_sentinels_new(&t->config);
    if (copied && (t->names || !config->host) && (t->sentinels || config->sentinels == 0))
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
    redis_sentinels_free(t->sentinels);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

const struct redis_config *redis_target_config(const struct redis_target *t)
{
    return &t->config;
}

static struct redis_connection *connect_host(struct redis_target *t, int64_t deadline,
                                             char why[RECORD_FAULT_MAX])
{
    struct redis_addresses a;
    if (!redis_names_ask(t->names, deadline, &a, why))
        return NULL;
    return redis_connection_first(&t->config, &a, t->config.host, deadline, why);
}

/* The names of the master's host, which the caller frees. They are kept for the next one who asks
 * for the same: of a resolver that hangs, one thread is enough. NULL without memory. */
static struct redis_names *master_names(struct redis_target *t, const struct redis_master *m)
{
    struct redis_names *names = NULL;
    pthread_mutex_lock(&t->lock);
    if (!t->names || t->master.port != m->port || strcmp(t->master.host, m->host) != 0) {
        redis_names_free(t->names);
        t->names = redis_names_new(m->host, m->port);
        t->master = *m;
    }
    if (t->names)
        names = redis_names_ref(t->names);
    pthread_mutex_unlock(&t->lock);
    return names;
}

static bool master_addresses(struct redis_target *t, const struct redis_master *m, int64_t deadline,
                             struct redis_addresses *out, char why[RECORD_FAULT_MAX])
{
    struct redis_names *names = master_names(t, m);
    if (!names) {
        fault_set(why, "no memory");
        return false;
    }
    bool found = redis_names_ask(names, deadline, out, why);
    redis_names_free(names);
    return found;
}

/* False, with a sentence, when the server says that it is something else. One that does not say, an
 * ACL may forbid it, is taken for what the Sentinel said. */
static bool is_master(struct redis_connection *c, int64_t deadline, char why[RECORD_FAULT_MAX])
{
    const struct span word = SPAN_LIT("ROLE");
    char role[FAULT_WORD_SIZE];
    struct redis_reply *reply = NULL;
    redis_connection_add(c, &word, 1);
    enum redis_outcome o = redis_connection_send(c, deadline, why);
    if (o == OUTCOME_DONE)
        o = redis_connection_reply(c, deadline, &reply, why);
    if (o != OUTCOME_DONE) {
        if (o == OUTCOME_TOO_LONG)
            fault_set(why, "unexpected answer to ROLE");
        return false;
    }
    struct span said = redis_reply_text(redis_reply_item(reply, 0));
    bool is = redis_reply_kind(reply) == REDIS_ERROR || span_eq(said, SPAN_LIT("master"));
    if (!is)
        fault_set(why, "it is no master: ROLE is '%s'", fault_word(said, role));
    redis_reply_free(reply);
    return is;
}

static struct redis_connection *connect_named(struct redis_target *t, const struct redis_master *m,
                                              int64_t deadline, char why[RECORD_FAULT_MAX])
{
    char reason[RECORD_FAULT_MAX], word[FAULT_WORD_SIZE];
    struct redis_addresses a;
    struct redis_connection *c = NULL;
    if (master_addresses(t, m, deadline, &a, reason))
        c = redis_connection_first(&t->config, &a, m->host, deadline, reason);
    if (c && is_master(c, deadline, reason))
        return c;
    if (c)
        redis_connection_close(c);
    fault_set(why, "master %s:%u: %s", fault_word(span_of(m->host), word), m->port, reason);
    return NULL;
}

/* Each Sentinel is asked in turn until one names a server that says that it is the master. Half of
 * the time is left to the others while there are any. */
static struct redis_connection *connect_master(struct redis_target *t, int64_t deadline,
                                               char why[RECORD_FAULT_MAX])
{
    struct redis_master tried = { .port = 0 }, m;
    struct redis_connection *c = NULL;
    size_t n = t->config.sentinels;
    for (size_t k = 0; k < n && !c; k++) {
        char reason[RECORD_FAULT_MAX];
        size_t i = redis_sentinels_turn(t->sentinels, k);
        if (!redis_sentinels_ask(t->sentinels, i, deadline_share(deadline, n - k + 1), &m,
                                 reason)) {
            if (tried.port == 0)
                fault_set(why, "%s", reason);
            continue;
        }
        if (tried.port == m.port && strcmp(tried.host, m.host) == 0)
            continue;
        tried = m;
        c = connect_named(t, &m, deadline_share(deadline, k + 1 < n ? 2 : 1), why);
        if (c)
            redis_sentinels_prefer(t->sentinels, i);
    }
    return c;
}

struct redis_connection *redis_target_connect_anew(struct redis_target *t, int64_t deadline,
                                                   char why[RECORD_FAULT_MAX])
{
    const struct redis_place local = { .address.length = 0 };
    if (t->sentinels)
        return connect_master(t, deadline, why);
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

static bool is_among(const struct redis_address *address, const struct redis_addresses *a)
{
    for (size_t i = 0; i < a->n; i++)
        if (redis_address_eq(&a->at[i], address))
            return true;
    return false;
}

bool redis_target_still_meant(struct redis_target *t, int64_t deadline)
{
    struct redis_master m;
    struct redis_addresses a;
    struct redis_place pin;
    char why[RECORD_FAULT_MAX];
    size_t n = t->config.sentinels;
    if (!t->sentinels || !read_pin(t, &pin))
        return true;
    for (size_t k = 0; k < n; k++) {
        size_t i = redis_sentinels_turn(t->sentinels, k);
        if (redis_sentinels_ask(t->sentinels, i, deadline_share(deadline, n - k), &m, why))
            return !master_addresses(t, &m, deadline, &a, why) || is_among(&pin.address, &a);
    }
    return true;
}
