#include "state/redis_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/deadline.h"
#include "state/fault.h"

/* hiredis never waits: its contexts are non-blocking, and this file waits with what is left until
 * the deadline. */

#if HIREDIS_MAJOR >= 1
typedef size_t reply_count;
#else
typedef int reply_count;
#endif

struct redis_connection {
    redisContext *context;
    redisReplyObjectFunctions functions;
    void *(*create_array)(const redisReadTask *, reply_count);
    bool reused;
    bool spoken;   /* something was received in this exchange */
    bool too_long; /* the reply passes a cap */
    bool nested;   /* the reply has an array in an array */
    size_t octets; /* received since the last whole reply */
};

void redis_connection_close(void *connection)
{
    struct redis_connection *c = connection;
    redisFree(c->context);
    free(c);
}

/* hiredis allocates for as many elements as are announced; a record has few, and none nested. */
static void *create_array_capped(const redisReadTask *task, reply_count n)
{
    struct redis_connection *c = task->privdata;
    if (!task->parent && n <= REDIS_REPLY_ELEMENTS_MAX)
        return c->create_array(task, n);
    c->nested = task->parent;
    c->too_long = !c->nested;
    return NULL;
}

/* Takes the context over; NULL without memory, and then frees it. */
static struct redis_connection *connection_new(redisContext *context)
{
    struct redis_connection *c = calloc(1, sizeof(*c));
    if (!c) {
        redisFree(context);
        return NULL;
    }
    c->context = context;
    c->functions = *context->reader->fn;
    c->create_array = c->functions.createArray;
    c->functions.createArray = create_array_capped;
    context->reader->fn = &c->functions;
    context->reader->privdata = c;
    return c;
}

/* 0 when the socket is ready, or an error number. */
static int wait_for(const redisContext *x, short events, int64_t deadline)
{
    struct pollfd p = { .fd = x->fd, .events = events };
    for (;;) {
        int n = poll(&p, 1, deadline_left(deadline));
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0 || deadline_left(deadline) == 0)
            return ETIMEDOUT;
    }
}

/* Of a call to hiredis that has just failed; never 0. */
static int error_number(const redisContext *x)
{
    switch (x->err) {
    case REDIS_ERR_EOF:
        return EPIPE;
    case REDIS_ERR_OOM:
        return ENOMEM;
    default:
        return errno ? errno : EIO;
    }
}

static bool is_closed(int error)
{
    return error == EPIPE || error == ECONNRESET;
}

static enum redis_outcome connection_failed(const struct redis_connection *c, int error,
                                            char why[RECORD_FAULT_MAX])
{
    if (is_closed(error) && c->reused && !c->spoken)
        return OUTCOME_STALE;
    fault_set(why, "%s",
              error == ETIMEDOUT ? "no answer in time"
              : error == ENOMEM  ? "no memory"
              : is_closed(error) ? "the connection was closed"
                                 : "the connection failed");
    return OUTCOME_FAILED;
}

void redis_connection_add(struct redis_connection *c, const char *name, struct span a,
                          struct span b)
{
    const char *word[] = { name, a.p, b.p };
    const size_t length[] = { strlen(name), a.n, b.n };
    redisAppendCommandArgv(c->context, span_present(b) ? 3 : 2, word, length);
}

/* A connection closed by the server may still hold its last words: whether is found out by reading,
 * which hiredis does not do after an error. */
enum redis_outcome redis_connection_send(struct redis_connection *c, int64_t deadline,
                                         char why[RECORD_FAULT_MAX])
{
    int error = 0, sent = 0;
    c->spoken = false;
    c->octets = 0;
    while (!error && !sent) {
        if (redisBufferWrite(c->context, &sent) != REDIS_OK)
            error = error_number(c->context);
        else if (!sent)
            error = wait_for(c->context, POLLOUT, deadline);
    }
    if (is_closed(error))
        c->context->err = error = 0;
    return error ? connection_failed(c, error, why) : OUTCOME_DONE;
}

static enum redis_outcome connection_read(struct redis_connection *c, int64_t deadline,
                                          char why[RECORD_FAULT_MAX])
{
    const redisReader *r = c->context->reader;
    size_t before = r->len;
    int error = wait_for(c->context, POLLIN, deadline);
    if (!error && redisBufferRead(c->context) != REDIS_OK)
        error = error_number(c->context);
    if (error)
        return connection_failed(c, error, why);
    c->spoken = c->spoken || r->len > before;
    c->octets += r->len - before;
    return c->octets > REDIS_REPLY_OCTETS_MAX ? OUTCOME_TOO_LONG : OUTCOME_DONE;
}

/* The next reply, which the caller frees, with OUTCOME_DONE. */
static enum redis_outcome connection_reply(struct redis_connection *c, int64_t deadline,
                                           redisReply **out, char why[RECORD_FAULT_MAX])
{
    for (;;) {
        void *reply = NULL;
        if (redisGetReplyFromReader(c->context, &reply) != REDIS_OK) {
            fault_set(why, "not an answer of Redis: %s",
                      c->nested ? "nested arrays" : c->context->errstr);
            return c->too_long ? OUTCOME_TOO_LONG : OUTCOME_FAILED;
        }
        if (reply) {
            c->octets = c->context->reader->len - c->context->reader->pos;
            *out = reply;
            return OUTCOME_DONE;
        }
        enum redis_outcome o = connection_read(c, deadline, why);
        if (o != OUTCOME_DONE)
            return o;
    }
}

/* The first words of an error reply: what follows a comma may be the arguments it was given. */
static struct span error_words(const redisReply *r)
{
    struct span text = { r->str, r->len };
    return (struct span){ text.p, span_find(text, ',') };
}

/* Reads the replies to AUTH and SELECT. False, with a sentence, when one is not a yes. */
static bool greeting_read(struct redis_connection *c, const char *command, int64_t deadline,
                          char why[RECORD_FAULT_MAX])
{
    redisReply *reply = NULL;
    enum redis_outcome o = connection_reply(c, deadline, &reply, why);
    if (o != OUTCOME_DONE) {
        if (o == OUTCOME_TOO_LONG)
            fault_set(why, "unexpected answer to %s", command);
        return false;
    }
    bool yes = reply->type == REDIS_REPLY_STATUS;
    if (reply->type == REDIS_REPLY_ERROR)
        fault_set(why, "%s: %.*s", command, SPAN_ARG(error_words(reply)));
    else if (!yes)
        fault_set(why, "unexpected answer to %s", command);
    freeReplyObject(reply);
    return yes;
}

static bool connection_greet(struct redis_connection *c, const struct redis_config *config,
                             int64_t deadline, char why[RECORD_FAULT_MAX])
{
    struct span user = span_of(config->user);
    struct span password = span_of(config->password);
    if (config->password)
        redis_connection_add(c, "AUTH", config->user ? user : password,
                             config->user ? password : SPAN_ABSENT);
    if (config->database) {
        char number[sizeof("4294967295")];
        snprintf(number, sizeof(number), "%u", config->database);
        redis_connection_add(c, "SELECT", span_of(number), SPAN_ABSENT);
    }
    return redis_connection_send(c, deadline, why) == OUTCOME_DONE &&
           (!config->password || greeting_read(c, "AUTH", deadline, why)) &&
           (!config->database || greeting_read(c, "SELECT", deadline, why));
}

/* 0, or the error number. */
static int finish_connect(const redisContext *x, int64_t deadline)
{
    int error = wait_for(x, POLLOUT, deadline);
    socklen_t length = sizeof(error);
    if (!error && getsockopt(x->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        return errno;
    return error;
}

/* The context once it is connected; else NULL, with a sentence in why. */
static redisContext *context_ready(redisContext *x, int64_t deadline, char why[RECORD_FAULT_MAX])
{
    if (!x) {
        fault_set(why, "no memory");
        return NULL;
    }
    char text[RECORD_FAULT_MAX];
    int error = x->err ? 0 : finish_connect(x, deadline);
    if (!x->err && !error) {
        fcntl(x->fd, F_SETFD, FD_CLOEXEC);
        return x;
    }
    fault_set(why, "connect: %s", error ? strerror_r(error, text, sizeof(text)) : x->errstr);
    redisFree(x);
    return NULL;
}

static redisContext *open_unix(const char *path, int64_t deadline, char why[RECORD_FAULT_MAX])
{
    if (strlen(path) <= REDIS_PATH_MAX)
        return context_ready(redisConnectUnixNonBlock(path), deadline, why);
    fault_set(why, "connect: File name too long");
    return NULL;
}

/* hiredis takes a name, and waits for the resolver: it is given the address as a text. */
static redisContext *open_tcp(const struct sockaddr_storage *address, socklen_t length,
                              int64_t deadline, char why[RECORD_FAULT_MAX])
{
    char host[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE], port[sizeof("65535")];
    int fault = getnameinfo((const struct sockaddr *)address, length, host, sizeof(host), port,
                            sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    if (fault) {
        fault_set(why, "connect: %s", gai_strerror(fault));
        return NULL;
    }
    redisContext *x =
        context_ready(redisConnectNonBlock(host, (int)strtoul(port, NULL, 10)), deadline, why);
    if (!x)
        return NULL;
    /* Small packets go at once, and an idle connection that a firewall forgot is found out. Without
     * these a connection still works, so that no failure counts. */
    const int on = 1;
    setsockopt(x->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    redisEnableKeepAlive(x);
    x->err = 0;
    return x;
}

/* One after the other, each with an equal share of the time that is left. */
static redisContext *open_first(struct redis_names *names, int64_t deadline,
                                char why[RECORD_FAULT_MAX])
{
    struct redis_addresses a;
    redisContext *x = NULL;
    if (!redis_names_ask(names, deadline, &a, why))
        return NULL;
    for (size_t i = 0; i < a.n && !x; i++) {
        int share = deadline_left(deadline) / (int)(a.n - i);
        x = open_tcp(&a.at[i].address, a.at[i].length, deadline_in((unsigned)share), why);
    }
    return x;
}

struct redis_connection *redis_connection_open(const struct redis_config *config,
                                               struct redis_names *names, int64_t deadline,
                                               char why[RECORD_FAULT_MAX])
{
    redisContext *context =
        config->path ? open_unix(config->path, deadline, why) : open_first(names, deadline, why);
    if (!context)
        return NULL;
    struct redis_connection *c = connection_new(context);
    if (!c) {
        fault_set(why, "no memory");
        return NULL;
    }
    if (connection_greet(c, config, deadline, why))
        return c;
    redis_connection_close(c);
    return NULL;
}

bool redis_connection_reusable(struct redis_connection *c)
{
    c->reused = true;
    return redisBufferRead(c->context) == REDIS_OK && redis_connection_in_step(c);
}

bool redis_connection_in_step(const struct redis_connection *c)
{
    return c->context->reader->pos == c->context->reader->len;
}

static enum redis_outcome answer_error(struct store_query *q, const redisReply *r)
{
    struct span words = error_words(r);
    if (span_istarts(words, SPAN_LIT("WRONGTYPE "))) {
        q->answer = STORE_BAD;
        fault_set(q->why, "not a hash");
        return OUTCOME_DONE;
    }
    q->answer = STORE_UNAVAILABLE;
    fault_set(q->why, "%.*s", SPAN_ARG(words.n > 0 ? words : SPAN_LIT("an error without words")));
    return OUTCOME_REFUSED;
}

static bool is_hash(const redisReply *r)
{
#ifdef REDIS_REPLY_MAP
    if (r->type != REDIS_REPLY_ARRAY && r->type != REDIS_REPLY_MAP)
        return false;
#else
    if (r->type != REDIS_REPLY_ARRAY)
        return false;
#endif
    for (size_t i = 0; i < r->elements; i++)
        if (r->element[i]->type != REDIS_REPLY_STRING)
            return false;
    return r->elements % 2 == 0;
}

static void answer_hash(struct store_query *q, const redisReply *r)
{
    struct record_field field[RECORD_FIELDS_MAX];
    size_t fields = r->elements / 2;
    for (size_t i = 0; i < fields && i < RECORD_FIELDS_MAX; i++) {
        const redisReply *name = r->element[2 * i], *value = r->element[2 * i + 1];
        field[i] = (struct record_field){ { name->str, name->len }, { value->str, value->len } };
    }
    if (fields == 0)
        q->answer = STORE_ABSENT;
    else
        q->answer =
            record_read(q->kind, field, fields, &q->record, q->why) ? STORE_FOUND : STORE_BAD;
}

enum redis_outcome redis_connection_answer(struct redis_connection *c, int64_t deadline,
                                           struct store_query *q, char why[RECORD_FAULT_MAX])
{
    redisReply *reply = NULL;
    enum redis_outcome o = connection_reply(c, deadline, &reply, why);
    if (o == OUTCOME_TOO_LONG) {
        q->answer = STORE_BAD;
        fault_set(q->why, "the record is too large to read");
    }
    if (o != OUTCOME_DONE)
        return o;
    if (reply->type == REDIS_REPLY_ERROR) {
        o = answer_error(q, reply);
    } else if (is_hash(reply)) {
        answer_hash(q, reply);
    } else {
        fault_set(why, "unexpected type of answer");
        o = OUTCOME_FAILED;
    }
    freeReplyObject(reply);
    return o;
}
