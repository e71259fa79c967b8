#include "state/redis_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "state/deadline.h"
#include "state/fault.h"
#include "state/thread.h"

struct idle {
    void *connection;
    uint64_t generation;
};

struct redis_pool {
    void (*close)(void *connection);
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct idle idle[REDIS_CONNECTIONS_MAX];
    size_t idles;
    size_t leases; /* idles + leases never pass REDIS_CONNECTIONS_MAX */
    uint64_t generation;
    uint64_t retired; /* earlier generations are not kept */
    struct redis_pause pause;
    char reason[RECORD_FAULT_MAX]; /* of the last failure */
};

struct redis_pool *redis_pool_new(void (*close)(void *connection))
{
    struct redis_pool *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->close = close;
    pthread_mutex_init(&p->lock, NULL);
    thread_condition_init(&p->changed);
    return p;
}

void redis_pool_free(struct redis_pool *p)
{
    for (size_t i = 0; i < p->idles; i++)
        p->close(p->idle[i].connection);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

/* With the lock held; gives it up while it waits. */
static bool pool_admit(struct redis_pool *p, int64_t deadline, char why[RECORD_FAULT_MAX])
{
    const struct timespec until = deadline_timespec(deadline);
    for (;;) {
        if (!redis_pause_may_ask(&p->pause, deadline_now())) {
            fault_set(why, "not asked, after %s", p->reason);
            return false;
        }
        if (p->leases < REDIS_CONNECTIONS_MAX)
            return true;
        if (pthread_cond_timedwait(&p->changed, &p->lock, &until) == ETIMEDOUT) {
            fault_set(why, "all %d connections in use", REDIS_CONNECTIONS_MAX);
            return false;
        }
    }
}

bool redis_pool_take(struct redis_pool *p, int64_t deadline, struct redis_lease *lease,
                     char why[RECORD_FAULT_MAX])
{
    pthread_mutex_lock(&p->lock);
    bool admitted = pool_admit(p, deadline, why);
    if (admitted) {
        *lease = (struct redis_lease){ .generation = p->generation,
                                       .ticket = redis_pause_ask(&p->pause) };
        p->leases++;
        if (p->idles > 0) {
            p->idles--;
            lease->connection = p->idle[p->idles].connection;
            lease->generation = p->idle[p->idles].generation;
        }
    }
    pthread_mutex_unlock(&p->lock);
    return admitted;
}

/* Moves the idle connections made no later than the generation to dead; the next one begins. */
static size_t pool_bury(struct redis_pool *p, uint64_t generation,
                        void *dead[REDIS_CONNECTIONS_MAX])
{
    size_t kept = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->idles; i++) {
        if (p->idle[i].generation <= generation)
            dead[n++] = p->idle[i].connection;
        else
            p->idle[kept++] = p->idle[i];
    }
    p->idles = kept;
    if (p->generation == generation)
        p->generation++;
    return n;
}

void redis_pool_renew(struct redis_pool *p, struct redis_lease *lease)
{
    void *dead[REDIS_CONNECTIONS_MAX];
    pthread_mutex_lock(&p->lock);
    size_t n = pool_bury(p, lease->generation, dead);
    lease->generation = p->generation;
    pthread_mutex_unlock(&p->lock);
    lease->connection = NULL;
    while (n > 0)
        p->close(dead[--n]);
}

void redis_pool_retire(struct redis_pool *p)
{
    void *dead[REDIS_CONNECTIONS_MAX];
    pthread_mutex_lock(&p->lock);
    size_t n = pool_bury(p, p->generation, dead);
    p->retired = p->generation;
    redis_pause_forget(&p->pause);
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    while (n > 0)
        p->close(dead[--n]);
}

void redis_pool_give(struct redis_pool *p, struct redis_lease *lease)
{
    void *dead = lease->connection;
    pthread_mutex_lock(&p->lock);
    redis_pause_answered(&p->pause, lease->ticket);
    p->leases--;
    if (dead && lease->generation >= p->retired) {
        p->idle[p->idles++] = (struct idle){ dead, lease->generation };
        dead = NULL;
    }
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
    if (dead)
        p->close(dead);
}

void redis_pool_fail(struct redis_pool *p, struct redis_lease *lease, const char *why)
{
    void *dead[REDIS_CONNECTIONS_MAX];
    pthread_mutex_lock(&p->lock);
    size_t n = pool_bury(p, lease->generation, dead);
    redis_pause_failed(&p->pause, lease->ticket, deadline_now());
    fault_set(p->reason, "%s", why);
    p->leases--;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    while (n > 0)
        p->close(dead[--n]);
}
