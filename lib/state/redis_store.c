#include "state/redis_store.h"

#include <stdlib.h>
#include <string.h>

#include "state/deadline.h"
#include "state/fault.h"
#include "state/redis_connection.h"
#include "state/redis_pool.h"

#define REDIS_PORT 6379

struct redis_store {
    struct store store;
    struct redis_config config; /* its strings belong to the store */
    struct redis_names *names;  /* NULL for a unix socket */
    struct redis_pool *pool;
};

/* One call of fetch, from its lease to the last answer. */
struct job {
    struct redis_store *store;
    struct store_query *query;
    size_t n;
    size_t next;             /* the first without an answer */
    int64_t deadline;        /* of all waiting but for connecting */
    int64_t connect_left_ms; /* for connecting, however often */
    struct redis_lease lease;
    bool refused; /* an error reply came: the connection is not kept */
    char why[RECORD_FAULT_MAX];
};

/* Sees to it that the lease holds a connection that is alive as far as one can see. */
static bool job_connect(struct job *job)
{
    struct redis_store *s = job->store;
    if (job->lease.connection) {
        if (redis_connection_reusable(job->lease.connection))
            return true;
        redis_connection_close(job->lease.connection);
        redis_pool_renew(s->pool, &job->lease);
    }
    int64_t start = deadline_now();
    job->lease.connection =
        redis_connection_open(&s->config, s->names, start + job->connect_left_ms, job->why);
    int64_t spent = deadline_now() - start;
    job->deadline += spent;
    job->connect_left_ms -= spent;
    return job->lease.connection;
}

/* Adds the command of one query; a query whose key is too long is answered instead. False without
 * memory. */
static bool job_add(const struct job *job, struct store_query *q)
{
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    q->answer = STORE_UNAVAILABLE;
    bool made = record_key(span_of(job->store->config.prefix), q->kind, q->name, &key);
    bool too_long = !made && buf_ok(&key);
    if (made) {
        redis_connection_add(job->lease.connection, "HGETALL", buf_span(&key), SPAN_ABSENT);
    } else if (too_long) {
        q->answer = STORE_BAD;
        fault_set(q->why, "the key has more than %d octets", RECORD_KEY_MAX);
    }
    buf_free(&key);
    return made || too_long;
}

static enum redis_outcome job_send(struct job *job)
{
    for (size_t i = job->next; i < job->n; i++) {
        if (!job_add(job, &job->query[i])) {
            fault_set(job->why, "no memory");
            return OUTCOME_FAILED;
        }
    }
    return redis_connection_send(job->lease.connection, job->deadline, job->why);
}

static enum redis_outcome job_exchange(struct job *job)
{
    enum redis_outcome o = job_send(job);
    while (o == OUTCOME_DONE && job->next < job->n) {
        struct store_query *q = &job->query[job->next];
        bool asked = q->answer == STORE_UNAVAILABLE;
        if (asked)
            o = redis_connection_answer(job->lease.connection, job->deadline, q, job->why);
        if (o == OUTCOME_REFUSED) {
            job->refused = true;
            o = OUTCOME_DONE;
        }
        if (o == OUTCOME_DONE || o == OUTCOME_TOO_LONG)
            job->next++;
    }
    return o;
}

static void job_drop(struct job *job)
{
    redis_connection_close(job->lease.connection);
    job->lease.connection = NULL;
}

/* Ends the exchange on a connection in good order: all that came was asked for. */
static void job_give(struct job *job)
{
    const struct redis_connection *c = job->lease.connection;
    if (c && (job->refused || !redis_connection_in_step(c)))
        job_drop(job);
    redis_pool_give(job->store->pool, &job->lease);
}

static void job_unanswered(struct job *job)
{
    for (struct store_query *q = job->query + job->next; q < job->query + job->n; q++)
        if (q->answer == STORE_UNAVAILABLE)
            memcpy(q->why, job->why, sizeof(job->why));
}

/* Each turn ends the job, or answers a query more, or leaves a stale connection for a new one. */
static void job_run(struct job *job)
{
    while (job_connect(job)) {
        enum redis_outcome o = job_exchange(job);
        if (o == OUTCOME_TOO_LONG)
            job_drop(job);
        if (job->next == job->n) {
            job_give(job);
            return;
        }
        if (o == OUTCOME_FAILED) {
            job_drop(job);
            break;
        }
        if (o == OUTCOME_STALE) {
            job_drop(job);
            redis_pool_renew(job->store->pool, &job->lease);
        }
    }
    redis_pool_fail(job->store->pool, &job->lease, job->why);
    job_unanswered(job);
}

static void redis_fetch(struct store *store, struct store_query *query, size_t n)
{
    struct redis_store *s = (struct redis_store *)store;
    struct job job = { .store = s,
                       .query = query,
                       .n = n,
                       .deadline = deadline_in(s->config.command_timeout_ms),
                       .connect_left_ms = s->config.connect_timeout_ms };
    if (redis_pool_take(s->pool, job.deadline, &job.lease, job.why))
        job_run(&job);
    else
        job_unanswered(&job);
}

static void redis_close(struct store *store)
{
    struct redis_store *s = (struct redis_store *)store;
    if (s->pool)
        redis_pool_free(s->pool);
    redis_names_free(s->names);
    free((void *)s->config.host);
    free((void *)s->config.path);
    free((void *)s->config.user);
    free((void *)s->config.password);
    free((void *)s->config.prefix);
    free(s);
}

static const struct store_ops redis_ops = { .fetch = redis_fetch, .close = redis_close };

/* False without memory. */
static bool copy_string(const char **string)
{
    if (!*string)
        return true;
    *string = strdup(*string);
    return *string;
}

static bool copy_config(struct redis_config *c)
{
    /* All of them are copied, good or not: redis_close() frees them. */
    bool host = copy_string(&c->host);
    bool path = copy_string(&c->path);
    bool user = copy_string(&c->user);
    bool password = copy_string(&c->password);
    bool prefix = copy_string(&c->prefix);
    return host && path && user && password && prefix;
}

struct store *redis_store_new(const struct redis_config *config)
{
    struct redis_store *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->store.ops = &redis_ops;
    s->config = *config;
    bool copied = copy_config(&s->config);
    if (copied && !s->config.path)
        s->names = redis_names_new(s->config.host, config->port ? config->port : REDIS_PORT);
    s->pool = redis_pool_new(redis_connection_close);
    if (copied && (s->config.path || s->names) && s->pool)
        return &s->store;
    redis_close(&s->store);
    return NULL;
}
