#ifndef COEXIST_BENCH_HISTOGRAM_H
#define COEXIST_BENCH_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

/*
 * Times in nanoseconds, each kept to 0.8 %: 128 equal steps between a power of two and the next.
 */

#define HISTOGRAM_STEPS 128
#define HISTOGRAM_POWERS 40 /* up to 2^46 ns, which is 19 hours; what is longer counts as that */

struct histogram {
    uint64_t count[HISTOGRAM_POWERS * HISTOGRAM_STEPS];
    uint64_t n;
    uint64_t sum;
    uint64_t max;
};

void histogram_add(struct histogram *h, uint64_t ns);

/* The time that the given share (0 to 1) of all does not exceed; 0 of none. */
uint64_t histogram_at(const struct histogram *h, double share);

/* A JSON object: n, and in microseconds mean, p50, p90, p99, p999, max. */
void histogram_print(const struct histogram *h, FILE *out);

#endif
