#include "state/redis_watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "state/deadline.h"
#include "state/fault.h"
#include "state/redis_subscription.h"
#include "state/thread.h"

struct redis_watch {
    struct redis_target *target;
    unsigned interval_ms;
    int wake;
    pthread_t thread;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    bool stop;
    bool on;
    bool lost;
    uint64_t round; /* how often it was begun */
    char why[RECORD_FAULT_MAX];
};

/* What the thread keeps of one round. */
struct round {
    struct redis_watch *watch;
    uint64_t number;
    struct redis_connection *connection; /* NULL: none is open */
    bool untold;                         /* the server does not tell its role */
};

static void round_disconnect(struct round *r)
{
    if (r->connection)
        redis_connection_close(r->connection);
    r->connection = NULL;
}

static bool round_is_over(const struct round *r)
{
    struct redis_watch *w = r->watch;
    pthread_mutex_lock(&w->lock);
    bool over = w->stop || !w->on || w->round != r->number;
    pthread_mutex_unlock(&w->lock);
    return over;
}

/* The answer to ROLE, or NULL. */
static struct redis_reply *round_ask_role(struct round *r, int64_t deadline)
{
    char why[RECORD_FAULT_MAX];
    struct redis_reply *reply = NULL;
    redis_connection_add(r->connection, (struct span[]){ SPAN_LIT("ROLE") }, 1);
    if (redis_connection_send(r->connection, deadline, why) != OUTCOME_DONE ||
        redis_connection_reply(r->connection, deadline, &reply, why) != OUTCOME_DONE)
        return NULL;
    return reply;
}

static bool round_role_is_good(struct round *r, char why[RECORD_FAULT_MAX])
{
    const struct redis_config *config = redis_target_config(r->watch->target);
    char unconnected[RECORD_FAULT_MAX];
    if (r->untold)
        return true;
    if (!r->connection)
        r->connection = redis_target_connect(r->watch->target,
                                             deadline_in(config->connect_timeout_ms), unconnected);
    if (!r->connection || round_is_over(r))
        return true;
    struct redis_reply *reply = round_ask_role(r, deadline_in(config->command_timeout_ms));
    bool good = !reply || redis_role_will_do(reply, config, why);
    r->untold = reply && redis_reply_kind(reply) == REDIS_ERROR;
    if (!reply || r->untold)
        round_disconnect(r);
    redis_reply_free(reply);
    return good;
}

static bool round_is_good(struct round *r, char why[RECORD_FAULT_MAX])
{
    const struct redis_config *config = redis_target_config(r->watch->target);
    if (!redis_target_still_meant(r->watch->target, deadline_in(config->command_timeout_ms))) {
        fault_set(why, "the Sentinels name another master");
        return false;
    }
    return round_is_over(r) || round_role_is_good(r, why);
}

/* Tells it unless another round has begun meanwhile. */
static void round_lost(const struct round *r, const char *why)
{
    struct redis_watch *w = r->watch;
    pthread_mutex_lock(&w->lock);
    if (w->on && w->round == r->number) {
        w->on = false;
        w->lost = true;
        memcpy(w->why, why, sizeof(w->why));
        eventfd_write(w->wake, 1);
    }
    pthread_mutex_unlock(&w->lock);
}

/* Waits until a check is due, and gives the round that it is for. False at the end. */
static bool watch_wait(struct redis_watch *w, uint64_t *round)
{
    int64_t due = deadline_in(w->interval_ms);
    pthread_mutex_lock(&w->lock);
    *round = w->round;
    while (!w->stop && !(w->on && w->round == *round && deadline_left(due) == 0)) {
        const struct timespec until = deadline_timespec(due);
        if (w->round != *round) {
            *round = w->round;
            due = deadline_in(w->interval_ms);
        } else if (w->on) {
            pthread_cond_timedwait(&w->changed, &w->lock, &until);
        } else {
            pthread_cond_wait(&w->changed, &w->lock);
        }
    }
    bool go_on = !w->stop;
    pthread_mutex_unlock(&w->lock);
    return go_on;
}

static void watch_destroy(struct redis_watch *w)
{
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static void *watch_run(void *watch)
{
    struct redis_watch *w = watch;
    struct round r = { .watch = w };
    char why[RECORD_FAULT_MAX];
    uint64_t number;
    while (watch_wait(w, &number)) {
        if (number != r.number) {
            round_disconnect(&r);
            r = (struct round){ .watch = w, .number = number };
        }
        if (!round_is_good(&r, why))
            round_lost(&r, why);
    }
    round_disconnect(&r);
    return NULL;
}

struct redis_watch *redis_watch_start(struct redis_target *target, unsigned interval_ms, int wake)
{
    struct redis_watch *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->target = target;
    w->interval_ms = interval_ms;
    w->wake = wake;
    thread_condition_init(&w->changed);
    pthread_mutex_init(&w->lock, NULL);
    if (thread_start(&w->thread, watch_run, w))
        return w;
    watch_destroy(w);
    return NULL;
}

void redis_watch_begin(struct redis_watch *w)
{
    pthread_mutex_lock(&w->lock);
    w->on = true;
    w->lost = false;
    w->round++;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void redis_watch_end(struct redis_watch *w)
{
    pthread_mutex_lock(&w->lock);
    w->on = false;
    w->lost = false;
    pthread_mutex_unlock(&w->lock);
}

bool redis_watch_lost(struct redis_watch *w, char why[RECORD_FAULT_MAX])
{
    pthread_mutex_lock(&w->lock);
    bool lost = w->lost;
    if (lost)
        memcpy(why, w->why, sizeof(w->why));
    pthread_mutex_unlock(&w->lock);
    return lost;
}

void redis_watch_stop(struct redis_watch *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void redis_watch_free(struct redis_watch *w)
{
    if (!w)
        return;
    redis_watch_stop(w);
    pthread_join(w->thread, NULL);
    watch_destroy(w);
}
