#include "milter/signals.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/count.h"

static const int mine[] = { SIGHUP, SIGINT, SIGTERM };
#define MINE (COUNT_OF(mine))

static sem_t arrived;
static atomic_bool ending;

static void on_signal(int number)
{
    int saved = errno;
    if (number != SIGHUP)
        ending = true;
    sem_post(&arrived);
    errno = saved;
}

static void block(const int *number, size_t n)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < n; i++)
        sigaddset(&set, number[i]);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void signals_begin(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sem_init(&arrived, 0, 0);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < MINE; i++)
        sigaction(mine[i], &action, NULL);
    block(&(int){ SIGUSR1 }, 1);
}

void signals_block(void)
{
    block(mine, MINE);
}

bool signals_wait(void)
{
    while (sem_wait(&arrived) != 0 && errno == EINTR)
        continue;
    return !ending;
}

void signals_end(void)
{
    ending = true;
    sem_post(&arrived);
}

void signals_leave_to_libmilter(void)
{
    block(mine, MINE);
}
