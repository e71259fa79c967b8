#ifndef COEXIST_SYS_CLOCK_H
#define COEXIST_SYS_CLOCK_H

#include <stdint.h>

/* Seconds since 1970-01-01 00:00:00 UTC. */
int64_t clock_utc(void);

/* The same in milliseconds. */
int64_t clock_utc_ms(void);

/* Microseconds on a clock that never goes back; only differences mean anything. */
int64_t clock_monotonic_us(void);

#endif
