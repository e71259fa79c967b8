#include "milter/current.h"

#include <pthread.h>
#include <time.h>

/* libmilter sends the last answer of a message after the callback that ends it. */
#define ANSWER_NS 200000000

static struct {
    pthread_mutex_t lock;
    pthread_cond_t idle;
    struct engine *engine;
    unsigned long under_way;
    struct timespec last_end; /* of a message */
    bool closing;
    bool abandoned;
} current = { .lock = PTHREAD_MUTEX_INITIALIZER, .idle = PTHREAD_COND_INITIALIZER };

void current_set(struct engine *e)
{
    pthread_mutex_lock(&current.lock);
    struct engine *before = current.engine;
    current.engine = e;
    pthread_mutex_unlock(&current.lock);
    engine_unref(before);
}

struct engine *current_enter(void)
{
    struct engine *e = NULL;
    pthread_mutex_lock(&current.lock);
    if (!current.closing && current.engine) {
        e = engine_ref(current.engine);
        current.under_way++;
    }
    pthread_mutex_unlock(&current.lock);
    return e;
}

void current_leave(void)
{
    pthread_mutex_lock(&current.lock);
    clock_gettime(CLOCK_MONOTONIC, &current.last_end);
    if (--current.under_way == 0)
        pthread_cond_broadcast(&current.idle);
    pthread_mutex_unlock(&current.lock);
}

/* With the lock held. */
static void wait_for_answer(void)
{
    struct timespec until = current.last_end;
    until.tv_nsec += ANSWER_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int rc = 0;
    while (!current.abandoned && rc == 0)
        rc = pthread_cond_clockwait(&current.idle, &current.lock, CLOCK_MONOTONIC, &until);
}

bool current_close(unsigned seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&current.lock);
    current.closing = true;
    int rc = 0;
    while (current.under_way > 0 && !current.abandoned && rc == 0)
        rc = pthread_cond_clockwait(&current.idle, &current.lock, CLOCK_MONOTONIC, &until);
    bool idle = current.under_way == 0;
    if (idle)
        wait_for_answer();
    pthread_mutex_unlock(&current.lock);
    return idle;
}

void current_abandon(void)
{
    pthread_mutex_lock(&current.lock);
    current.abandoned = true;
    pthread_cond_broadcast(&current.idle);
    pthread_mutex_unlock(&current.lock);
}
