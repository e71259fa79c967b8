#include "state/deadline.h"

#include <limits.h>

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

struct timespec deadline_timespec(int64_t deadline)
{
    return (struct timespec){ .tv_sec = deadline / 1000,
                              .tv_nsec = (long)(deadline % 1000) * 1000000 };
}
