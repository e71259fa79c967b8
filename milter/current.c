#include "milter/current.h"

#include <pthread.h>
#include <time.h>

#include "sys/clock.h"

/* libmilter sends the last answer of a message after the callback that ends it. */
#define ANSWER_US 200000
#define LOOK_US 50000 /* whether there is a hurry */
#define SECOND_US 1000000

static struct {
    pthread_mutex_t lock;
    pthread_cond_t idle;
    struct engine *engine;
    unsigned long under_way;
    int64_t last_end; /* of a message */
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

struct engine *current_engine(void)
{
    pthread_mutex_lock(&current.lock);
    struct engine *e = current.engine ? engine_ref(current.engine) : NULL;
    pthread_mutex_unlock(&current.lock);
    return e;
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
    current.last_end = clock_monotonic_us();
    if (--current.under_way == 0)
        pthread_cond_broadcast(&current.idle);
    pthread_mutex_unlock(&current.lock);
}

/* With the lock held, which is given up meanwhile. */
static void wait_until(int64_t end, bool for_idle, bool (*hurry)(void))
{
    int64_t now;
    while ((now = clock_monotonic_us()) < end && !(for_idle && current.under_way == 0) &&
           !hurry()) {
        int64_t look = now + LOOK_US < end ? now + LOOK_US : end;
        struct timespec until = { look / SECOND_US, look % SECOND_US * 1000 };
        pthread_cond_clockwait(&current.idle, &current.lock, CLOCK_MONOTONIC, &until);
    }
}

bool current_close(unsigned seconds, bool (*hurry)(void))
{
    pthread_mutex_lock(&current.lock);
    current.closing = true;
    wait_until(clock_monotonic_us() + (int64_t)seconds * SECOND_US, true, hurry);
    bool idle = current.under_way == 0;
    if (idle && current.last_end > 0)
        wait_until(current.last_end + ANSWER_US, false, hurry);
    pthread_mutex_unlock(&current.lock);
    return idle;
}

bool current_is_closing(void)
{
    pthread_mutex_lock(&current.lock);
    bool closing = current.closing;
    pthread_mutex_unlock(&current.lock);
    return closing;
}
