#include "ctl/ending.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Of a descriptor watched for nothing, errors and the end of its reader are told all the same. A
 * regular file has neither, and cannot be watched. */
static bool watch(int fd, int watched, uint32_t events)
{
    struct epoll_event e = { .events = events };
    return epoll_ctl(fd, EPOLL_CTL_ADD, watched, &e) == 0 || (events == 0 && errno == EPERM);
}

bool ending_open(struct ending *e, int out)
{
    *e = (struct ending){ epoll_create1(EPOLL_CLOEXEC), open_signals() };
    if (e->fd >= 0 && e->signals >= 0 && watch(e->fd, e->signals, EPOLLIN) && watch(e->fd, out, 0))
        return true;
    int why = errno;
    ending_close(e);
    errno = why;
    return false;
}

void ending_close(struct ending *e)
{
    if (e->signals >= 0)
        close(e->signals);
    if (e->fd >= 0)
        close(e->fd);
    *e = (struct ending){ -1, -1 };
}

bool ending_due(const struct ending *e, unsigned ms)
{
    struct pollfd p = { .fd = e->fd, .events = POLLIN };
    return poll(&p, 1, (int)ms) > 0;
}
