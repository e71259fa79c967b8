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

#include "base/count.h"
#include "state/deadline.h"
#include "state/fault.h"
#include "state/redis_tls.h"

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
    struct redis_place place;
    bool tls;
    int error;          /* what ended it, as an error number */
    const char *reason; /* what TLS says about it, or NULL */
    bool reused;        /* in an earlier exchange */
    bool spoken;        /* something was received in this exchange */
    bool too_long;      /* the reply passes a cap */
    bool too_deep;      /* so do its lists in lists */
    size_t octets;      /* received since the last whole reply */
    size_t elements;    /* announced in the lists of this reply */
};

void redis_connection_close(void *connection)
{
    struct redis_connection *c = connection;
    redisFree(c->context);
    free(c);
}

/* hiredis allocates for as many elements as are announced. */
static void *create_array_capped(const redisReadTask *task, reply_count n)
{
    struct redis_connection *c = task->privdata;
    size_t depth = 1;
    for (const redisReadTask *t = task->parent; t; t = t->parent)
        depth++;
    if (depth == 1)
        c->elements = 0;
    c->too_deep = depth > REDIS_REPLY_DEPTH_MAX;
    c->too_long = (size_t)n > REDIS_REPLY_ELEMENTS_MAX - c->elements;
    if (c->too_deep || c->too_long)
        return NULL;
    c->elements += (size_t)n;
    return c->create_array(task, n);
}

/* Takes the context over; NULL without memory, and then frees it. */
static struct redis_connection *connection_new(redisContext *context,
                                               const struct redis_place *place)
{
    struct redis_connection *c = calloc(1, sizeof(*c));
    if (!c) {
        redisFree(context);
        return NULL;
    }
    c->context = context;
    c->place = *place;
    c->functions = *context->reader->fn;
    c->create_array = c->functions.createArray;
    c->functions.createArray = create_array_capped;
    context->reader->fn = &c->functions;
    context->reader->privdata = c;
    return c;
}

const struct redis_place *redis_connection_place(const struct redis_connection *c)
{
    return &c->place;
}

/* Before hiredis reads or writes. */
static void forget_errors(const struct redis_connection *c)
{
    errno = 0;
    if (c->tls)
        redis_tls_forget();
}

/* Of a call to hiredis that has just failed; never 0. What ends TLS looks to hiredis like any end.
 */
static int error_number(struct redis_connection *c)
{
    int error = errno ? errno : EIO;
    c->reason = c->tls ? redis_tls_reason() : NULL;
    if (c->reason)
        return EPROTO;
    switch (c->context->err) {
    case REDIS_ERR_EOF:
        return EPIPE;
    case REDIS_ERR_OOM:
        return ENOMEM;
    default:
        return error;
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
    if (error == EPROTO && c->reason)
        fault_set(why, "TLS: %s", c->reason);
    else
        fault_set(why, "%s",
                  error == ETIMEDOUT ? "no answer in time"
                  : error == ENOMEM  ? "no memory"
                  : is_closed(error) ? "the connection was closed"
                                     : "the connection failed");
    return OUTCOME_FAILED;
}

/* What is added to a context with an error is not sent, and the exchange fails by it. */
static void connection_refuse(struct redis_connection *c)
{
    c->context->err = REDIS_ERR_OOM;
}

void redis_connection_add(struct redis_connection *c, const struct span *word, size_t words)
{
    const char *text[REDIS_WORDS_MAX];
    size_t length[REDIS_WORDS_MAX];
    if (words > REDIS_WORDS_MAX) {
        connection_refuse(c);
        return;
    }
    for (size_t i = 0; i < words; i++) {
        text[i] = word[i].p;
        length[i] = word[i].n;
    }
    redisAppendCommandArgv(c->context, (int)words, text, length);
}

void redis_connection_add_formatted(struct redis_connection *c, struct span commands)
{
    redisAppendFormattedCommand(c->context, commands.p, commands.n);
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
        forget_errors(c);
        if (redisBufferWrite(c->context, &sent) != REDIS_OK)
            error = error_number(c);
        else if (!sent)
            error = deadline_wait(c->context->fd, POLLOUT, deadline);
    }
    if (is_closed(error))
        c->context->err = error = 0;
    return error ? connection_failed(c, error, why) : OUTCOME_DONE;
}

/* What there is to read at once, maybe nothing. */
static int read_some(struct redis_connection *c)
{
    const redisReader *r = c->context->reader;
    size_t before = r->len;
    forget_errors(c);
    if (!c->error && redisBufferRead(c->context) != REDIS_OK)
        c->error = error_number(c);
    if (r->len > before) {
        c->spoken = true;
        c->octets += r->len - before;
    }
    return c->error;
}

static enum redis_outcome connection_read(struct redis_connection *c, int64_t deadline,
                                          char why[RECORD_FAULT_MAX])
{
    int error = c->error ? c->error : deadline_wait(c->context->fd, POLLIN, deadline);
    if (!error)
        error = read_some(c);
    if (error)
        return connection_failed(c, error, why);
    return c->octets > REDIS_REPLY_OCTETS_MAX ? OUTCOME_TOO_LONG : OUTCOME_DONE;
}

enum redis_outcome redis_connection_reply(struct redis_connection *c, int64_t deadline,
                                          struct redis_reply **out, char why[RECORD_FAULT_MAX])
{
    for (;;) {
        void *reply = NULL;
        if (redisGetReplyFromReader(c->context, &reply) != REDIS_OK) {
            fault_set(why, "not an answer of Redis: %s",
                      c->too_deep ? "lists in lists" : c->context->errstr);
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

/* Not all that makes a socket readable is for us: TLS has messages of its own. */
bool redis_connection_wait(struct redis_connection *c, int wake, int64_t deadline)
{
    struct pollfd p[2] = { { .fd = c->context->fd, .events = POLLIN },
                           { .fd = wake, .events = POLLIN } };
    while (redis_connection_in_step(c) && !c->error) {
        int n = poll(p, 2, deadline_left(deadline));
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0 && p[0].revents)
            read_some(c);
        else if (n > 0 || deadline_left(deadline) == 0)
            return false;
    }
    return true;
}

/* Reads the replies to AUTH and SELECT. False, with a sentence, when one is not a yes. */
static bool greeting_read(struct redis_connection *c, const char *command, int64_t deadline,
                          char why[RECORD_FAULT_MAX])
{
    struct redis_reply *reply = NULL;
    enum redis_outcome o = redis_connection_reply(c, deadline, &reply, why);
    if (o != OUTCOME_DONE) {
        if (o == OUTCOME_TOO_LONG)
            fault_set(why, "unexpected answer to %s", command);
        return false;
    }
    bool yes = redis_reply_kind(reply) == REDIS_TEXT;
    if (redis_reply_kind(reply) == REDIS_ERROR)
        fault_set(why, "%s: %.*s", command, SPAN_ARG(redis_reply_error_words(reply)));
    else if (!yes)
        fault_set(why, "unexpected answer to %s", command);
    redis_reply_free(reply);
    return yes;
}

static void add_auth(struct redis_connection *c, const struct redis_config *config)
{
    const struct span password = span_of(config->password ? config->password : "");
    const struct span user[] = { SPAN_LIT("AUTH"), span_of(config->user), password };
    const struct span alone[] = { SPAN_LIT("AUTH"), password };
    if (config->user)
        redis_connection_add(c, user, COUNT_OF(user));
    else
        redis_connection_add(c, alone, COUNT_OF(alone));
}

static void add_select(struct redis_connection *c, unsigned database)
{
    char number[sizeof("4294967295")];
    snprintf(number, sizeof(number), "%u", database);
    const struct span select[] = { SPAN_LIT("SELECT"), span_of(number) };
    redis_connection_add(c, select, COUNT_OF(select));
}

static bool connection_greet(struct redis_connection *c, const struct redis_config *config,
                             int64_t deadline, char why[RECORD_FAULT_MAX])
{
    bool login = config->user || config->password;
    if (login)
        add_auth(c, config);
    if (config->database)
        add_select(c, config->database);
    if (!login && !config->database)
        return true;
    return redis_connection_send(c, deadline, why) == OUTCOME_DONE &&
           (!login || greeting_read(c, "AUTH", deadline, why)) &&
           (!config->database || greeting_read(c, "SELECT", deadline, why));
}

/* 0, or the error number. */
static int finish_connect(const redisContext *x, int64_t deadline)
{
    int error = deadline_wait(x->fd, POLLOUT, deadline);
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
static redisContext *open_tcp(const struct redis_address *to, int64_t deadline,
                              char why[RECORD_FAULT_MAX])
{
    char host[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE], port[sizeof("65535")];
    int fault = getnameinfo((const struct sockaddr *)&to->address, to->length, host, sizeof(host),
                            port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
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

struct redis_connection *redis_connection_open(const struct redis_config *config,
                                               const struct redis_place *place, int64_t deadline,
                                               char why[RECORD_FAULT_MAX])
{
    redisContext *context = place->address.length > 0 ? open_tcp(&place->address, deadline, why)
                                                      : open_unix(config->path, deadline, why);
    if (!context)
        return NULL;
    struct redis_connection *c = connection_new(context, place);
    if (!c) {
        fault_set(why, "no memory");
        return NULL;
    }
    c->tls = config->tls.on && place->address.length > 0;
    if ((!c->tls || redis_tls_begin(context, &config->tls, place->host, deadline, why)) &&
        connection_greet(c, config, deadline, why))
        return c;
    redis_connection_close(c);
    return NULL;
}

struct redis_connection *redis_connection_first(const struct redis_config *config,
                                                const struct redis_addresses *addresses,
                                                const char *host, int64_t deadline,
                                                char why[RECORD_FAULT_MAX])
{
    struct redis_connection *c = NULL;
    for (size_t i = 0; i < addresses->n && !c; i++) {
        struct redis_place place = { .address = addresses->at[i] };
        snprintf(place.host, sizeof(place.host), "%s", host);
        c = redis_connection_open(config, &place, deadline_share(deadline, addresses->n - i), why);
    }
    return c;
}

bool redis_connection_reusable(struct redis_connection *c)
{
    c->reused = true;
    return read_some(c) == 0 && redis_connection_in_step(c);
}

bool redis_connection_in_step(const struct redis_connection *c)
{
    return c->context->reader->pos == c->context->reader->len;
}
