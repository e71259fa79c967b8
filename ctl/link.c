#include "ctl/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/backend.h"
#include "state/deadline.h"
#include "state/fault.h"

struct link {
    struct redis_target *target;
    struct redis_connection *connection; /* NULL: not connected */
    char *server;
    unsigned connect_ms;
    unsigned command_ms;
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

struct redis_reply *link_next(struct link *l)
{
    struct redis_reply *reply = NULL;
    if (!l->connection)
        return NULL;
    enum redis_outcome got =
        redis_connection_reply(l->connection, deadline_in(l->command_ms), &reply, l->why);
    if (got == OUTCOME_DONE)
        return reply;
    if (got == OUTCOME_TOO_LONG)
        fault_set(l->why, "an answer is over %d octets", REDIS_REPLY_OCTETS_MAX);
    else if (got == OUTCOME_STALE)
        fault_set(l->why, "the server has closed the connection");
    link_drop(l);
    return NULL;
}

static struct redis_reply *only_good(struct link *l, struct redis_reply *reply)
{
    if (!reply || redis_reply_kind(reply) != REDIS_ERROR)
        return reply;
    char words[FAULT_WORD_SIZE];
    fault_set(l->why, "Redis refuses: %s", fault_word(redis_reply_text(reply), words));
    redis_reply_free(reply);
    return NULL;
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
