#ifndef COEXIST_STATE_DEADLINE_H
#define COEXIST_STATE_DEADLINE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Moments in milliseconds of CLOCK_MONOTONIC, for waits that end in time whatever happens. */

int64_t deadline_now(void);
int64_t deadline_in(unsigned ms);

/* Milliseconds left, for poll(2); 0 once it has passed. */
int deadline_left(int64_t deadline);

/* The moment when one of so many equal shares of the time that is left is over. */
int64_t deadline_share(int64_t deadline, size_t shares);

/* 0 once the descriptor is ready for these events of poll(2); or an error number: ETIMEDOUT. */
int deadline_wait(int fd, short events, int64_t deadline);

struct timespec deadline_timespec(int64_t deadline);

#endif
