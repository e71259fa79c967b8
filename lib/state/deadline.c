#include "state/deadline.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

int64_t deadline_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t deadline_in(unsigned ms)
{
    return deadline_now() + ms;
}

int deadline_left(int64_t deadline)
{
    int64_t left = deadline - deadline_now();
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int64_t deadline_share(int64_t deadline, size_t shares)
{
    return deadline_now() + deadline_left(deadline) / (int64_t)shares;
}

int deadline_wait(int fd, short events, int64_t deadline)
{
    struct pollfd p = { .fd = fd, .events = events };
    for (;;) {
        int n = poll(&p, 1, deadline_left(deadline));
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0 || deadline_left(deadline) == 0)
            return ETIMEDOUT;
    }
}

struct timespec deadline_timespec(int64_t deadline)
{
    return (struct timespec){ .tv_sec = deadline / 1000,
                              .tv_nsec = (long)(deadline % 1000) * 1000000 };
}
