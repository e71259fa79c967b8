#include "sys/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/count.h"

#define LINE_OCTETS 128 /* two cache lines: some processors fetch them in pairs */
#define COPIES_LOG2 4
#define COPIES (1 << COPIES_LOG2)

typedef _Atomic uint64_t cell;

/* Upper bounds in microseconds; above the last there is one more bucket, without a bound. */
static const unsigned bounds[] = { 50,    100,   250,   500,    1000,   2500,   5000,
                                   10000, 25000, 50000, 100000, 250000, 500000, 1000000 };
#define BUCKETS (COUNT_OF(bounds) + 1)

struct metrics {
    const struct metric *table;
    size_t n;
    size_t first[METRICS_MAX]; /* cell of each metric */
    size_t stride;             /* cells of a copy */
    cell *cells;               /* COPIES times stride */
};

/* Cells of one metric: one for each sample; of durations the buckets and the sum. */
static size_t size_of(const struct metric *m)
{
    size_t cells = 1;
    if (m->kind == METRIC_SECONDS)
        return BUCKETS + 1;
    for (size_t i = 0; i < METRIC_LABELS_MAX && m->label[i].name; i++)
        cells *= m->label[i].values;
    return cells;
}

/* False where a limit is passed. */
static bool lay_out(struct metrics *m)
{
    size_t cells = 0;
    for (size_t i = 0; i < m->n; i++) {
        m->first[i] = cells;
        cells += size_of(&m->table[i]);
        if (cells > METRICS_CELLS_MAX)
            return false;
    }
    const size_t line = LINE_OCTETS / sizeof(cell);
    m->stride = (cells + line - 1) / line * line;
    return cells > 0;
}

struct metrics *metrics_new(const struct metric *table, size_t n)
{
    struct metrics *m = n <= METRICS_MAX ? calloc(1, sizeof(*m)) : NULL;
    if (!m)
        return NULL;
    m->table = table;
    m->n = n;
    if (lay_out(m))
        m->cells = aligned_alloc(LINE_OCTETS, COPIES * m->stride * sizeof(cell));
    if (!m->cells) {
        free(m);
        return NULL;
    }
    for (size_t i = 0; i < COPIES * m->stride; i++)
        atomic_init(&m->cells[i], 0);
    return m;
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    free(m->cells);
    free(m);
}

/* Threads lie far apart in memory; a multiplication spreads their addresses over the copies. */
static cell *copy_of_this_thread(const struct metrics *m)
{
    uint64_t spread = (uint64_t)pthread_self() * UINT64_C(0x9e3779b97f4a7c15);
    return m->cells + (spread >> (64 - COPIES_LOG2)) * m->stride;
}

static void count(struct metrics *m, size_t at, uint64_t n)
{
    atomic_fetch_add_explicit(&copy_of_this_thread(m)[at], n, memory_order_relaxed);
}

static uint64_t sum(const struct metrics *m, size_t at)
{
    uint64_t total = 0;
    for (size_t i = 0; i < COPIES; i++)
        total += atomic_load_explicit(&m->cells[i * m->stride + at], memory_order_relaxed);
    return total;
}

/* False: there is no such sample. */
static bool find(const struct metrics *m, size_t metric, struct metric_at at, size_t *out)
{
    size_t offset = 0;
    if (metric >= m->n || m->table[metric].kind != METRIC_COUNTER)
        return false;
    const struct metric_label *label = m->table[metric].label;
    for (size_t i = 0; i < METRIC_LABELS_MAX && label[i].name; i++) {
        if (at.value[i] >= label[i].values)
            return false;
        offset = offset * label[i].values + at.value[i];
    }
    *out = m->first[metric] + offset;
    return true;
}

void metrics_add(struct metrics *m, size_t metric, struct metric_at at, uint64_t n)
{
    size_t cell_at;
    if (find(m, metric, at, &cell_at))
        count(m, cell_at, n);
}

uint64_t metrics_read(const struct metrics *m, size_t metric, struct metric_at at)
{
    size_t cell_at;
    return find(m, metric, at, &cell_at) ? sum(m, cell_at) : 0;
}

void metrics_observe(struct metrics *m, size_t metric, int64_t us)
{
    size_t bucket = 0;
    if (metric >= m->n || m->table[metric].kind != METRIC_SECONDS)
        return;
    while (bucket < COUNT_OF(bounds) && us > (int64_t)bounds[bucket])
        bucket++;
    if (us > 0)
        count(m, m->first[metric] + BUCKETS, (uint64_t)us);
    count(m, m->first[metric] + bucket, 1);
}

static void write_sample(const struct metrics *m, size_t metric, struct metric_at at,
                         struct buf *out)
{
    const struct metric *t = &m->table[metric];
    struct exposition_label label[METRIC_LABELS_MAX];
    size_t labels = 0;
    for (; labels < METRIC_LABELS_MAX && t->label[labels].name; labels++)
        label[labels] = (struct exposition_label){ t->label[labels].name,
                                                   t->label[labels].text(at.value[labels]) };
    uint64_t value = metrics_read(m, metric, at);
    if (value > 0 || !t->sparse)
        exposition_count(out, t->name, "", label, labels, value);
}

/* The next sample, as a number with digits of different bases; false behind the last. */
static bool step(const struct metric *t, struct metric_at *at)
{
    size_t i = 0;
    while (i < METRIC_LABELS_MAX && t->label[i].name)
        i++;
    while (i > 0) {
        i--;
        if (++at->value[i] < t->label[i].values)
            return true;
        at->value[i] = 0;
    }
    return false;
}

static void write_counter(const struct metrics *m, size_t metric, struct buf *out)
{
    struct metric_at at = { { 0 } };
    exposition_family(out, m->table[metric].name, "counter", m->table[metric].help);
    do
        write_sample(m, metric, at, out);
    while (step(&m->table[metric], &at));
}

static void write_bucket(const char *name, const char *bound, uint64_t below, struct buf *out)
{
    const struct exposition_label label = { "le", bound };
    exposition_count(out, name, "_bucket", &label, 1, below);
}

/* The count is the sum of the buckets, so that the two agree whatever is counted meanwhile. */
static void write_durations(const struct metrics *m, size_t metric, struct buf *out)
{
    const char *name = m->table[metric].name;
    size_t first = m->first[metric];
    uint64_t below = 0;
    exposition_family(out, name, "histogram", m->table[metric].help);
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        char bound[EXPOSITION_NUMBER_MAX];
        below += sum(m, first + i);
        exposition_number(bounds[i], bound);
        write_bucket(name, bound, below, out);
    }
    below += sum(m, first + COUNT_OF(bounds));
    write_bucket(name, "+Inf", below, out);
    exposition_seconds(out, name, "_sum", NULL, 0, sum(m, first + BUCKETS));
    exposition_count(out, name, "_count", NULL, 0, below);
}

void metrics_write(const struct metrics *m, struct buf *out)
{
    for (size_t i = 0; i < m->n; i++) {
        if (m->table[i].kind == METRIC_SECONDS)
            write_durations(m, i, out);
        else
            write_counter(m, i, out);
    }
}
