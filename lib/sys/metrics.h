#ifndef COEXIST_SYS_METRICS_H
#define COEXIST_SYS_METRICS_H

#include "sys/exposition.h"

/*
 * What a process counts: counters and histograms of durations, declared by one table. Counting
 * takes no lock and never waits: each thread adds to one of several copies of all cells, which
 * share no cache line, and whoever reads adds the copies up. What is read while others count may
 * lack what is under way, and never goes back.
 */

#define METRIC_LABELS_MAX 3
#define METRICS_MAX 64         /* in a table */
#define METRICS_CELLS_MAX 4096 /* all samples of a table together */

enum metric_kind { METRIC_COUNTER, METRIC_SECONDS };

/* A label and its values, numbered from 0: the layer that knows them says their texts. */
struct metric_label {
    const char *name; /* NULL: no such label, nor any behind it */
    unsigned values;
    const char *(*text)(unsigned value);
};

struct metric {
    const char *name;
    const char *help;
    enum metric_kind kind; /* METRIC_SECONDS has no labels of its own */
    bool sparse;           /* a sample is written once it has been counted; else always */
    struct metric_label label[METRIC_LABELS_MAX];
};

struct metrics;

/* A metric is known by its place in the table, which must outlive what is made here, as must its
 * texts. NULL without memory, and for a table that passes a limit. */
struct metrics *metrics_new(const struct metric *table, size_t n);

void metrics_free(struct metrics *m); /* nobody may be counting; NULL is borne */

/* A sample of a metric: the value of each of its labels, in their order. */
struct metric_at {
    unsigned value[METRIC_LABELS_MAX];
};

/* Values beyond the table's are not counted. From any thread. */
void metrics_add(struct metrics *m, size_t metric, struct metric_at at, uint64_t n);

/* One duration of a METRIC_SECONDS; below 0 it counts as 0. From any thread. */
void metrics_observe(struct metrics *m, size_t metric, int64_t us);

/* What a counter's sample stands at. */
uint64_t metrics_read(const struct metrics *m, size_t metric, struct metric_at at);

/* All metrics in the order of the table, as exposition.h has it. */
void metrics_write(const struct metrics *m, struct buf *out);

#endif
