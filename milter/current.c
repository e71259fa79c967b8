#include "milter/current.h"

#include <pthread.h>
#include <time.h>

static struct {
    pthread_mutex_t lock;
    pthread_cond_t idle;
    struct engine *engine;
    unsigned long under_way;
    bool closing;
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
    if (--current.under_way == 0)
        pthread_cond_broadcast(&current.idle);
    pthread_mutex_unlock(&current.lock);
}

bool current_close(unsigned seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    pthread_mutex_lock(&current.lock);
    current.closing = true;
    int rc = 0;
    while (current.under_way > 0 && rc == 0)
        rc = pthread_cond_timedwait(&current.idle, &current.lock, &until);
    bool idle = current.under_way == 0;
    pthread_mutex_unlock(&current.lock);
    return idle;
}
