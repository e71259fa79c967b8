#include "ctl/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "base/count.h"

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

/* All that a handler may touch. */
static volatile int interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

volatile const int *interrupt_watch(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
    sigemptyset(&action.sa_mask);
    interrupted = 0;
    for (unsigned i = 0; i < COUNT_OF(numbers); i++)
        sigaction(numbers[i], &action, NULL);
    return &interrupted;
}

bool interrupt_wait_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    sigset_t watched, before;
    sigemptyset(&watched);
    for (unsigned i = 0; i < COUNT_OF(numbers); i++)
        sigaddset(&watched, numbers[i]);
    /* Let through by the wait alone: one that came between the look and the wait would be lost. */
    sigprocmask(SIG_BLOCK, &watched, &before);
    int ready = -1;
    while (!interrupted && (ready = ppoll(&p, 1, NULL, &before)) < 0 && errno == EINTR)
        ;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ready > 0;
}
