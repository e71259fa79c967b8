#include "milter/signals.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "base/count.h"

static sem_t arrived;
static atomic_uint orders; /* to end */

static void on_signal(int number)
{
    int saved = errno;
    if (number != SIGHUP)
        atomic_fetch_add(&orders, 1);
    sem_post(&arrived);
    errno = saved;
}

/*
 * libmilter's thread for signals calls this function, and it alone does: it never gets one. With
 * the function of the C library that thread would take a signal now and then, since the kernel
 * gives one for the process to whoever comes for it first.
 */
int sigwait(const sigset_t *set, int *number)
{
    (void)set;
    (void)number;
    for (;;)
        pause();
}

void signals_begin(void)
{
    static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigset_t reload;
    sem_init(&arrived, 0, 0);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sigaction(numbers[i], &action, NULL);
    sigemptyset(&reload);
    sigaddset(&reload, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &reload, NULL);
}

bool signals_wait(void)
{
    while (sem_wait(&arrived) != 0 && errno == EINTR)
        continue;
    return atomic_load(&orders) == 0;
}

bool signals_hurry(void)
{
    return atomic_load(&orders) > 1;
}

void signals_end(void)
{
    atomic_fetch_add(&orders, 2);
    sem_post(&arrived);
}
