#include "tests/bench/histogram.h"

#include <inttypes.h>
#include <stddef.h>

#define STEP_BITS 7
_Static_assert(1 << STEP_BITS == HISTOGRAM_STEPS, "a step is so many bits");

static size_t slot_of(uint64_t ns)
{
    if (ns < HISTOGRAM_STEPS)
        return (size_t)ns;
    unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - STEP_BITS;
    size_t slot = (shift + 1) * (size_t)HISTOGRAM_STEPS + (size_t)(ns >> shift) - HISTOGRAM_STEPS;
    size_t last = (size_t)HISTOGRAM_POWERS * HISTOGRAM_STEPS - 1;
    return slot < last ? slot : last;
}

/* The longest time of a slot. */
static uint64_t slot_end(size_t slot)
{
    if (slot < HISTOGRAM_STEPS)
        return slot;
    unsigned shift = (unsigned)(slot / HISTOGRAM_STEPS) - 1;
    return ((uint64_t)(slot % HISTOGRAM_STEPS + HISTOGRAM_STEPS + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t ns)
{
    h->count[slot_of(ns)]++;
    h->n++;
    h->sum += ns;
    if (ns > h->max)
        h->max = ns;
}

uint64_t histogram_at(const struct histogram *h, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)h->n + 0.999999), seen = 0;
    if (h->n == 0)
        return 0;
    for (size_t i = 0; i < (size_t)HISTOGRAM_POWERS * HISTOGRAM_STEPS; i++) {
        seen += h->count[i];
        if (seen >= wanted && seen > 0)
            return slot_end(i) < h->max ? slot_end(i) : h->max;
    }
    return h->max;
}

void histogram_print(const struct histogram *h, FILE *out)
{
    static const struct {
        const char *name;
        double share;
    } told[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 } };
    fprintf(out, "{\"n\": %" PRIu64 ", \"mean\": %.1f", h->n,
            h->n ? (double)h->sum / (double)h->n / 1e3 : 0.0);
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        fprintf(out, ", \"%s\": %.1f", told[i].name, (double)histogram_at(h, told[i].share) / 1e3);
    fprintf(out, ", \"max\": %.1f}", (double)h->max / 1e3);
}
