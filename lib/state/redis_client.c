#include "state/redis_client.h"

#include <stdlib.h>

#include "state/deadline.h"
#include "state/fault.h"
#include "state/redis_pool.h"

struct redis_client {
    struct redis_target *target;
    struct redis_pool *pool;
};

struct redis_client *redis_client_new(struct redis_target *target)
{
    struct redis_client *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->target = target;
    c->pool = redis_pool_new(redis_connection_close);
    if (c->pool)
        return c;
    free(c);
    return NULL;
}

void redis_client_free(struct redis_client *c)
{
    if (!c)
        return;
    redis_pool_free(c->pool);
    free(c);
}

struct redis_target *redis_client_target(const struct redis_client *c)
{
    return c->target;
}

void redis_client_retire(struct redis_client *c)
{
    redis_pool_retire(c->pool);
}

/* One exchange, from its lease to the last answer. */
struct job {
    struct redis_client *client;
    const struct redis_exchange *exchange;
    bool *added;             /* of each command: it was not left out */
    size_t next;             /* the first without an answer */
    int64_t deadline;        /* of all waiting but for connecting */
    int64_t connect_left_ms; /* for connecting, however often */
    struct redis_lease lease;
    bool refused; /* an error reply came: the connection is not kept */
    char *why;
};

/* Sees to it that the lease holds a connection that is alive as far as one can see. */
static bool job_connect(struct job *job)
{
    struct redis_client *c = job->client;
    if (job->lease.connection) {
        if (redis_connection_reusable(job->lease.connection))
            return true;
        redis_connection_close(job->lease.connection);
        redis_pool_renew(c->pool, &job->lease);
    }
    int64_t start = deadline_now();
    job->lease.connection = redis_target_connect(c->target, start + job->connect_left_ms, job->why);
    int64_t spent = deadline_now() - start;
    job->deadline += spent;
    job->connect_left_ms -= spent;
    return job->lease.connection;
}

static enum redis_outcome job_send(struct job *job)
{
    const struct redis_exchange *x = job->exchange;
    for (size_t i = job->next; i < x->n; i++)
        job->added[i] = x->add(x->arg, i, job->lease.connection);
    return redis_connection_send(job->lease.connection, job->deadline, job->why);
}

/* After WRONGTYPE alone the next command may well fare better on the same connection. */
static bool is_refusal(const struct redis_reply *r)
{
    return redis_reply_kind(r) == REDIS_ERROR &&
           !span_istarts(redis_reply_text(r), SPAN_LIT("WRONGTYPE "));
}

/* Hands on the reply to the next command; where it is too long, that it is. */
static enum redis_outcome job_answer(struct job *job)
{
    const struct redis_exchange *x = job->exchange;
    struct redis_reply *reply = NULL;
    enum redis_outcome o =
        redis_connection_reply(job->lease.connection, job->deadline, &reply, job->why);
    if (o != OUTCOME_DONE && o != OUTCOME_TOO_LONG)
        return o;
    if (is_refusal(reply))
        job->refused = true;
    if (!x->answer(x->arg, job->next, reply)) {
        fault_set(job->why, "unexpected type of answer");
        o = OUTCOME_FAILED;
    }
    redis_reply_free(reply);
    return o;
}

static enum redis_outcome job_exchange(struct job *job)
{
    enum redis_outcome o = job_send(job);
    while (o == OUTCOME_DONE && job->next < job->exchange->n) {
        if (job->added[job->next])
            o = job_answer(job);
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
    redis_pool_give(job->client->pool, &job->lease);
}

/* Each turn ends the job, or answers a command more, or leaves a stale connection for a new one. */
static bool job_run(struct job *job)
{
    while (job_connect(job)) {
        enum redis_outcome o = job_exchange(job);
        if (o == OUTCOME_TOO_LONG)
            job_drop(job);
        if (job->next == job->exchange->n) {
            job_give(job);
            return true;
        }
        if (o == OUTCOME_FAILED) {
            job_drop(job);
            break;
        }
        if (o == OUTCOME_STALE) {
            job_drop(job);
            redis_pool_renew(job->client->pool, &job->lease);
        }
    }
    redis_pool_fail(job->client->pool, &job->lease, job->why);
    return false;
}

bool redis_client_run(struct redis_client *c, const struct redis_exchange *x,
                      char why[RECORD_FAULT_MAX])
{
    const struct redis_config *config = redis_target_config(c->target);
    struct job job = { .client = c,
                       .exchange = x,
                       .added = calloc(x->n, sizeof(*job.added)),
                       .deadline = deadline_in(config->command_timeout_ms),
                       .connect_left_ms = config->connect_timeout_ms,
                       .why = why };
    if (x->n == 0 || !job.added) {
        free(job.added);
        fault_set(why, "%s", x->n == 0 ? "" : "no memory");
        return x->n == 0;
    }
    bool done = redis_pool_take(c->pool, job.deadline, &job.lease, why) && job_run(&job);
    free(job.added);
    return done;
}
