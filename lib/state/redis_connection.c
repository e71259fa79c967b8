#include "state/redis_connection.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "state/deadline.h"
#include "state/fault.h"
#include "state/redis_link.h"

/* Of hiredis only the reader of replies is used: its own connecting, reading and writing know no
 * deadline for the whole of an exchange, and raise SIGPIPE. */

#define READ_SIZE 16384

#if HIREDIS_MAJOR >= 1
typedef size_t reply_count;
#else
typedef int reply_count;
#endif

struct redis_connection {
    int fd;
    redisReader *reader;
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
    if (c->reader)
        redisReaderFree(c->reader);
    close(c->fd);
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

/* Takes the descriptor over; NULL without memory, and then closes it. */
static struct redis_connection *connection_new(int fd)
{
    struct redis_connection *c = calloc(1, sizeof(*c));
    if (!c) {
        close(fd);
        return NULL;
    }
    c->fd = fd;
    c->reader = redisReaderCreate();
    if (!c->reader) {
        redis_connection_close(c);
        return NULL;
    }
    c->functions = *c->reader->fn;
    c->create_array = c->functions.createArray;
    c->functions.createArray = create_array_capped;
    c->reader->fn = &c->functions;
    c->reader->privdata = c;
    return c;
}

void redis_command_add(struct buf *out, const char *name, struct span a, struct span b)
{
    const struct span argument[] = { span_of(name), a, b };
    size_t n = span_present(b) ? 3 : span_present(a) ? 2 : 1;
    buf_addf(out, "*%zu\r\n", n);
    for (size_t i = 0; i < n; i++) {
        buf_addf(out, "$%zu\r\n", argument[i].n);
        buf_add(out, argument[i]);
        buf_adds(out, "\r\n");
    }
}

static enum redis_outcome link_outcome(const struct redis_connection *c, enum redis_link l,
                                       char why[RECORD_FAULT_MAX])
{
    if (l == LINK_DONE)
        return OUTCOME_DONE;
    if (l == LINK_CLOSED && c->reused && !c->spoken)
        return OUTCOME_STALE;
    fault_set(why, "%s",
              l == LINK_TIMEOUT  ? "no answer in time"
              : l == LINK_CLOSED ? "the connection was closed"
                                 : "the connection failed");
    return OUTCOME_FAILED;
}

/* A connection closed by the server may still hold its last words: whether is found out by reading.
 */
enum redis_outcome redis_connection_send(struct redis_connection *c, const struct buf *commands,
                                         int64_t deadline, char why[RECORD_FAULT_MAX])
{
    c->spoken = false;
    c->octets = 0;
    if (!buf_ok(commands)) {
        fault_set(why, "no memory");
        return OUTCOME_FAILED;
    }
    enum redis_link l = redis_link_send(c->fd, buf_span(commands), deadline);
    return link_outcome(c, l == LINK_CLOSED ? LINK_DONE : l, why);
}

static enum redis_outcome connection_read(struct redis_connection *c, int64_t deadline,
                                          char why[RECORD_FAULT_MAX])
{
    char octets[READ_SIZE];
    size_t n = 0;
    enum redis_link l = redis_link_receive(c->fd, octets, sizeof(octets), &n, deadline);
    if (l != LINK_DONE)
        return link_outcome(c, l, why);
    c->spoken = true;
    c->octets += n;
    if (c->octets > REDIS_REPLY_OCTETS_MAX)
        return OUTCOME_TOO_LONG;
    if (redisReaderFeed(c->reader, octets, n) == REDIS_OK)
        return OUTCOME_DONE;
    fault_set(why, "no memory");
    return OUTCOME_FAILED;
}

/* The next reply, which the caller frees, with OUTCOME_DONE. */
static enum redis_outcome connection_reply(struct redis_connection *c, int64_t deadline,
                                           redisReply **out, char why[RECORD_FAULT_MAX])
{
    for (;;) {
        void *reply = NULL;
        if (redisReaderGetReply(c->reader, &reply) != REDIS_OK) {
            fault_set(why, "not an answer of Redis: %s",
                      c->nested ? "nested arrays" : c->reader->errstr);
            return c->too_long ? OUTCOME_TOO_LONG : OUTCOME_FAILED;
        }
        if (reply) {
            c->octets = c->reader->len - c->reader->pos;
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
    struct buf commands;
    buf_init(&commands, user.n + password.n + 256);
    if (config->password)
        redis_command_add(&commands, "AUTH", config->user ? user : password,
                          config->user ? password : SPAN_ABSENT);
    if (config->database) {
        char number[sizeof("4294967295")];
        snprintf(number, sizeof(number), "%u", config->database);
        redis_command_add(&commands, "SELECT", span_of(number), SPAN_ABSENT);
    }
    enum redis_outcome o = redis_connection_send(c, &commands, deadline, why);
    buf_free(&commands);
    return o == OUTCOME_DONE && (!config->password || greeting_read(c, "AUTH", deadline, why)) &&
           (!config->database || greeting_read(c, "SELECT", deadline, why));
}

struct redis_connection *redis_connection_open(const struct redis_config *config,
                                               struct redis_names *names, int64_t deadline,
                                               char why[RECORD_FAULT_MAX])
{
    int fd = redis_link_open(config->path, names, deadline, why);
    if (fd < 0)
        return NULL;
    struct redis_connection *c = connection_new(fd);
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
    return redis_link_quiet(c->fd);
}

bool redis_connection_in_step(const struct redis_connection *c)
{
    return c->reader->pos == c->reader->len;
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
