#include "state/redis_sentinel.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "state/deadline.h"
#include "state/fault.h"

#define PORT_MAX 65535

struct redis_sentinels {
    const struct redis_config *config;
    struct redis_config login; /* how to connect to them */
    struct redis_names *names[REDIS_SENTINELS_MAX];
    atomic_size_t first;
};

static unsigned port_of(const struct redis_host *h)
{
    return h->port ? h->port : REDIS_SENTINEL_PORT;
}

struct redis_sentinels *redis_sentinels_new(const struct redis_config *config)
{
    struct redis_sentinels *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->config = config;
    s->login = *config;
    s->login.user = config->sentinel_user;
    s->login.password = config->sentinel_password;
    s->login.database = 0;
    for (size_t i = 0; i < config->sentinels; i++) {
        const struct redis_host *h = &config->sentinel[i];
        s->names[i] = redis_names_new(h->name, port_of(h));
        if (!s->names[i]) {
            redis_sentinels_free(s);
            return NULL;
        }
    }
    return s;
}

void redis_sentinels_free(struct redis_sentinels *s)
{
    for (size_t i = 0; s && i < COUNT_OF(s->names); i++)
        redis_names_free(s->names[i]);
    free(s);
}

size_t redis_sentinels_turn(struct redis_sentinels *s, size_t k)
{
    return (atomic_load(&s->first) + k) % s->config->sentinels;
}

void redis_sentinels_prefer(struct redis_sentinels *s, size_t i)
{
    atomic_store(&s->first, i);
}

static bool is_host_octet(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || (c && strchr(".-_:%", c));
}

static bool read_host(struct span text, char out[REDIS_HOST_MAX + 1])
{
    if (text.n == 0 || text.n > REDIS_HOST_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!is_host_octet(text.p[i]))
            return false;
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return true;
}

/* Reads the answer to `get-master-addr-by-name`. */
static bool read_master(const struct redis_reply *r, const char *name, struct redis_master *out,
                        char why[RECORD_FAULT_MAX])
{
    char word[FAULT_WORD_SIZE];
    uint64_t port;
    if (redis_reply_kind(r) == REDIS_NIL) {
        fault_set(why, "knows no master '%s'", fault_word(span_of(name), word));
        return false;
    }
    if (redis_reply_kind(r) == REDIS_ERROR) {
        fault_set(why, "%.*s", SPAN_ARG(redis_reply_error_words(r)));
        return false;
    }
    if (redis_reply_items(r) == 2 &&
        read_host(redis_reply_text(redis_reply_item(r, 0)), out->host) &&
        span_number(redis_reply_text(redis_reply_item(r, 1)), &port) && port > 0 &&
        port <= PORT_MAX) {
        out->port = (unsigned)port;
        return true;
    }
    fault_set(why, "unexpected answer");
    return false;
}

static bool ask_on(struct redis_connection *c, const char *name, int64_t deadline,
                   struct redis_master *out, char why[RECORD_FAULT_MAX])
{
    const struct span word[] = { SPAN_LIT("SENTINEL"), SPAN_LIT("get-master-addr-by-name"),
                                 span_of(name) };
    struct redis_reply *reply = NULL;
    redis_connection_add(c, word, COUNT_OF(word));
    enum redis_outcome o = redis_connection_send(c, deadline, why);
    if (o == OUTCOME_DONE)
        o = redis_connection_reply(c, deadline, &reply, why);
    if (o == OUTCOME_TOO_LONG)
        fault_set(why, "unexpected answer");
    bool read = o == OUTCOME_DONE && read_master(reply, name, out, why);
    redis_reply_free(reply);
    return read;
}

static bool ask(struct redis_sentinels *s, size_t i, int64_t deadline, struct redis_master *out,
                char why[RECORD_FAULT_MAX])
{
    struct redis_addresses a;
    if (!redis_names_ask(s->names[i], deadline, &a, why))
        return false;
    struct redis_connection *c =
        redis_connection_first(&s->login, &a, s->config->sentinel[i].name, deadline, why);
    if (!c)
        return false;
    bool told = ask_on(c, s->config->master, deadline, out, why);
    redis_connection_close(c);
    return told;
}

bool redis_sentinels_ask(struct redis_sentinels *s, size_t i, int64_t deadline,
                         struct redis_master *out, char why[RECORD_FAULT_MAX])
{
    char reason[RECORD_FAULT_MAX], word[FAULT_WORD_SIZE];
    const struct redis_host *h = &s->config->sentinel[i];
    if (ask(s, i, deadline, out, reason))
        return true;
    fault_set(why, "Sentinel %s:%u: %s", fault_word(span_of(h->name), word), port_of(h), reason);
    return false;
}
