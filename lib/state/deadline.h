#ifndef COEXIST_STATE_DEADLINE_H
#define COEXIST_STATE_DEADLINE_H

#include <stdint.h>
#include <time.h>

/* Moments in milliseconds of CLOCK_MONOTONIC, for waits that end in time whatever happens. */

int64_t deadline_now(void);
int64_t deadline_in(unsigned ms);

/* Milliseconds left, for poll(2); 0 once it has passed. */
int deadline_left(int64_t deadline);

struct timespec deadline_timespec(int64_t deadline);

#endif
