#include "ctl/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/backend.h"
#include "state/deadline.h"
#include "state/fault.h"

#define LINK_STATE_HINT "--state or COEXIST_STATE"

struct link {
    struct redis_target *target;
    struct redis_connection *connection; /* NULL: not connected */
    char *server;
    unsigned connect_ms;
    unsigned command_ms;
    bool too_long; /* the last failure was an answer that is too long */
    char why[RECORD_FAULT_MAX];
};

static unsigned at_least(unsigned ms)
{
    return ms > LINK_TIMEOUT_MS ? ms : LINK_TIMEOUT_MS;
}

struct link *link_new(const struct config *config, const char *url, char why[RECORD_FAULT_MAX])
{
    struct redis_config redis;
    char *storage = NULL;
    struct link *l = calloc(1, sizeof(*l));
    bool named = backend_server(config, url, &redis, &storage);
    fault_set(why, named ? "out of memory" : "it names no Redis that could be asked");
    if (l && named) {
        l->connect_ms = redis.connect_timeout_ms = at_least(redis.connect_timeout_ms);
        l->command_ms = redis.command_timeout_ms = at_least(redis.command_timeout_ms);
        l->target = redis_target_new(&redis);
        l->server = backend_server_name(&redis);
    }
    free(storage);
    if (l && l->target && l->server)
        return l;
    link_free(l);
    return NULL;
}

void link_free(struct link *l)
{
    if (!l)
        return;
    link_drop(l);
    redis_target_free(l->target);
    free(l->server);
    free(l);
}

void link_drop(struct link *l)
{
    if (l->connection)
        redis_connection_close(l->connection);
    l->connection = NULL;
}

bool link_connect(struct link *l)
{
    if (!l->connection)
        l->connection = redis_target_connect(l->target, deadline_in(l->connect_ms), l->why);
    return l->connection;
}

const char *link_server(const struct link *l)
{
    return l->server;
}

const char *link_why(const struct link *l)
{
    return l->why;
}

void link_fail(struct link *l, const char *why)
{
    fault_set(l->why, "%s", why);
    link_drop(l);
}

void link_add(struct link *l, const struct span *word, size_t words)
{
    if (l->connection)
        redis_connection_add(l->connection, word, words);
}

void link_add_texts(struct link *l, const char *const *word, size_t words)
{
    struct span span[REDIS_WORDS_MAX];
    for (size_t i = 0; i < words && i < REDIS_WORDS_MAX; i++)
        span[i] = span_of(word[i]);
    link_add(l, span, words);
}

bool link_send(struct link *l)
{
    if (!l->connection)
        return false;
    enum redis_outcome sent =
        redis_connection_send(l->connection, deadline_in(l->command_ms), l->why);
    if (sent == OUTCOME_DONE)
        return true;
    if (sent == OUTCOME_STALE)
        fault_set(l->why, "the server has closed the connection");
    link_drop(l);
    return false;
}

bool link_too_long(const struct link *l)
{
    return l->too_long;
}

struct redis_reply *link_next(struct link *l)
{
    struct redis_reply *reply = NULL;
    l->too_long = false;
    if (!l->connection)
        return NULL;
    enum redis_outcome got =
        redis_connection_reply(l->connection, deadline_in(l->command_ms), &reply, l->why);
    if (got == OUTCOME_DONE)
        return reply;
    l->too_long = got == OUTCOME_TOO_LONG;
    if (l->too_long)
        fault_set(l->why, "an answer is over %d octets", REDIS_REPLY_OCTETS_MAX);
    else if (got == OUTCOME_STALE)
        fault_set(l->why, "the server has closed the connection");
    link_drop(l);
    return NULL;
}

static void tell_refusal(struct link *l, const struct redis_reply *reply)
{
    struct span words = redis_reply_text(reply);
    fault_set(l->why, "Redis refuses: %.*s", SPAN_ARG(words));
    if (span_istarts(words, SPAN_LIT("NOPERM")))
        fault_set(l->why, "Redis refuses this user (NOPERM): name another one by " LINK_STATE_HINT);
}

static struct redis_reply *only_good(struct link *l, struct redis_reply *reply)
{
    if (!reply || redis_reply_kind(reply) != REDIS_ERROR)
        return reply;
    tell_refusal(l, reply);
    redis_reply_free(reply);
    return NULL;
}

void link_refuse(struct link *l, const struct redis_reply *reply, const char *command)
{
    if (redis_reply_kind(reply) == REDIS_ERROR)
        tell_refusal(l, reply);
    else
        fault_set(l->why, "an answer that is none to %s", command);
    link_drop(l);
}

struct redis_reply *link_next_good(struct link *l)
{
    return only_good(l, link_next(l));
}

struct redis_reply *link_wait(struct link *l, unsigned ms, int wake, bool *idle)
{
    *idle = l->connection && !redis_connection_wait(l->connection, wake, deadline_in(ms));
    return *idle ? NULL : link_next(l);
}

struct redis_reply *link_call(struct link *l, const struct span *word, size_t words)
{
    link_add(l, word, words);
    return link_send(l) ? link_next(l) : NULL;
}

struct redis_reply *link_ask(struct link *l, const struct span *word, size_t words)
{
    return only_good(l, link_call(l, word, words));
}

struct redis_reply *link_ask_texts(struct link *l, const char *const *word, size_t words)
{
    link_add_texts(l, word, words);
    return link_send(l) ? link_next_good(l) : NULL;
}
