#include "milter/maps_asker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "state/thread.h"
#include "sys/clock.h"

/* First in, first out. */
struct queue {
    struct maps_job *first;
    struct maps_job **end;
    size_t n;
};

struct maps_asker {
    pthread_mutex_t lock;
    pthread_cond_t asked;
    struct queue waiting;
    struct queue done;
    bool ending;
    int wake;
    pthread_t thread[MAPS_ASKERS];
    size_t threads;
};

static void queue_init(struct queue *q)
{
    *q = (struct queue){ .end = &q->first };
}

static void queue_put(struct queue *q, struct maps_job *job)
{
    job->next = NULL;
    *q->end = job;
    q->end = &job->next;
    q->n++;
}

static struct maps_job *queue_take(struct queue *q)
{
    struct maps_job *job = q->first;
    if (!job)
        return NULL;
    q->first = job->next;
    if (!q->first)
        q->end = &q->first;
    q->n--;
    return job;
}

struct maps_job *maps_job_new(struct engine *e, struct span request, int64_t now_us)
{
    struct maps_job *job = malloc(sizeof(*job));
    if (!job)
        return NULL;
    job->engine = engine_ref(e);
    job->for_whom = NULL;
    job->asked_us = now_us;
    job->next = NULL;
    job->request_n = request.n < MAP_REQUEST_MAX ? request.n : MAP_REQUEST_MAX;
    if (request.n > 0)
        memcpy(job->request, request.p, job->request_n);
    buf_init(&job->reply, MAP_REPLY_MAX);
    return job;
}

void maps_job_free(struct maps_job *job)
{
    engine_unref(job->engine);
    buf_free(&job->reply);
    free(job);
}

static bool is_too_late(const struct maps_job *job)
{
    return clock_monotonic_us() - job->asked_us > MAPS_LATE_MS * 1000;
}

/* With the lock held, which is given up while the store is asked. */
static void ask_next(struct maps_asker *a)
{
    struct maps_job *job = queue_take(&a->waiting);
    pthread_mutex_unlock(&a->lock);
    const struct span request = { job->request, job->request_n };
    if (!is_too_late(job))
        map_answer(job->engine, request, MAP_FROM_STORE, &job->reply);
    engine_unref(job->engine);
    job->engine = NULL;
    pthread_mutex_lock(&a->lock);
    queue_put(&a->done, job);
    eventfd_write(a->wake, 1);
}

static void *ask_all(void *asker)
{
    struct maps_asker *a = asker;
    pthread_mutex_lock(&a->lock);
    while (!a->ending) {
        if (a->waiting.n > 0)
            ask_next(a);
        else
            pthread_cond_wait(&a->asked, &a->lock);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

struct maps_asker *maps_asker_start(int wake)
{
    struct maps_asker *a = calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->asked, NULL);
    queue_init(&a->waiting);
    queue_init(&a->done);
    a->wake = wake;
    while (a->threads < MAPS_ASKERS && thread_start(&a->thread[a->threads], ask_all, a))
        a->threads++;
    if (a->threads == MAPS_ASKERS)
        return a;
    maps_asker_stop(a);
    return NULL;
}

bool maps_asker_ask(struct maps_asker *a, struct maps_job *job)
{
    pthread_mutex_lock(&a->lock);
    bool taken = a->waiting.n < MAPS_QUEUE_MAX;
    if (taken) {
        queue_put(&a->waiting, job);
        pthread_cond_signal(&a->asked);
    }
    pthread_mutex_unlock(&a->lock);
    return taken;
}

struct maps_job *maps_asker_done(struct maps_asker *a)
{
    pthread_mutex_lock(&a->lock);
    struct maps_job *job = queue_take(&a->done);
    pthread_mutex_unlock(&a->lock);
    return job;
}

static void free_all(struct queue *q)
{
    for (struct maps_job *job; (job = queue_take(q));)
        maps_job_free(job);
}

void maps_asker_stop(struct maps_asker *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->ending = true;
    pthread_cond_broadcast(&a->asked);
    pthread_mutex_unlock(&a->lock);
    for (size_t i = 0; i < a->threads; i++)
        pthread_join(a->thread[i], NULL);
    free_all(&a->waiting);
    free_all(&a->done);
    pthread_cond_destroy(&a->asked);
    pthread_mutex_destroy(&a->lock);
    free(a);
}
