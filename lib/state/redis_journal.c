#include "state/redis_journal.h"

#include <stdlib.h>
#include <unistd.h>

#include "state/journal_writer.h"
#include "state/ledger_reader.h"
#include "state/siphash.h"

struct redis_journal {
    struct journal journal;
    struct redis_journal_config config;
    struct journal_writer writer;
    atomic_uint_least64_t reads_found, reads_unavailable;
    struct siphash_key key; /* arrivals that nothing tells get a name by it */
    atomic_uint_least64_t named;
};

static void redis_event(struct journal *j, const struct journal_field *field, size_t n)
{
    struct redis_journal *r = (struct redis_journal *)j;
    if (r->config.events_max > 0 && n > 0)
        journal_queue_put(&r->writer.queue, ENTRY_EVENT, entry_event(&r->writer.form, field, n));
}

/* A name that no other arrival has, so that it counts once however often it is written. */
static void name_arrival(struct redis_journal *r, char arrival[JOURNAL_ARRIVAL_LEN + 1])
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    uint64_t n = atomic_fetch_add(&r->named, 1);
    uint64_t name = siphash(&r->key, (struct span){ (const char *)&n, sizeof(n) }, 1, 3);
    for (size_t i = 0; i < JOURNAL_ARRIVAL_LEN; i++, name /= sizeof(digits) - 1)
        arrival[i] = digits[name % (sizeof(digits) - 1)];
    arrival[JOURNAL_ARRIVAL_LEN] = '\0';
}

static void redis_sent(struct journal *j, const struct journal_visit *visit)
{
    struct redis_journal *r = (struct redis_journal *)j;
    struct journal_visit told = *visit;
    if (r->config.ledger_window_s == 0)
        return;
    if (told.arrival[0] == '\0')
        name_arrival(r, told.arrival);
    ledger_recent_add(&r->writer.recent, &told);
    journal_queue_put(&r->writer.queue, ENTRY_SENT, entry_sent(&r->writer.form, &told));
}

static void redis_struck(struct journal *j, struct span recipient, enum home home)
{
    struct redis_journal *r = (struct redis_journal *)j;
    if (r->config.breaker_limit > 0)
        journal_queue_put(&r->writer.queue, ENTRY_STRIKE,
                          entry_strike(&r->writer.form, recipient, home));
}

static void redis_visits(struct journal *j, struct journal_query *query, size_t n,
                         char why[RECORD_FAULT_MAX])
{
    struct redis_journal *r = (struct redis_journal *)j;
    if (r->config.ledger_window_s == 0) {
        for (size_t i = 0; i < n; i++)
            query[i].answer = STORE_FOUND;
        return;
    }
    ledger_reader_read(r->config.client, &r->writer.recent, query, n, why);
    for (size_t i = 0; i < n; i++)
        atomic_fetch_add(query[i].answer == STORE_FOUND ? &r->reads_found : &r->reads_unavailable,
                         1);
}

static bool redis_is_open(struct journal *j, struct span recipient, enum home home)
{
    struct redis_journal *r = (struct redis_journal *)j;
    return breaker_set_has(&r->writer.breakers, recipient, home, journal_wall_clock());
}

static void redis_close(struct journal *j)
{
    struct redis_journal *r = (struct redis_journal *)j;
    journal_writer_stop(&r->writer);
    journal_writer_free(&r->writer);
    free(r);
}

static const struct journal_ops redis_ops = {
    .event = redis_event,
    .sent = redis_sent,
    .visits = redis_visits,
    .struck = redis_struck,
    .is_open = redis_is_open,
    .close = redis_close,
};

struct journal *redis_journal_new(const struct redis_journal_config *config)
{
    struct redis_journal *r = calloc(1, sizeof(*r));
    if (!r || getentropy(&r->key, sizeof(r->key)) != 0) {
        free(r);
        return NULL;
    }
    r->journal.ops = &redis_ops;
    r->config = *config;
    journal_writer_init(&r->writer, &r->config);
    return &r->journal;
}

bool redis_journal_start(struct journal *j)
{
    struct redis_journal *r = (struct redis_journal *)j;
    return journal_writer_start(&r->writer);
}

void redis_journal_stop(struct journal *j)
{
    struct redis_journal *r = (struct redis_journal *)j;
    journal_writer_stop(&r->writer);
}

void redis_journal_reread(struct journal *j)
{
    struct redis_journal *r = (struct redis_journal *)j;
    journal_writer_reread(&r->writer);
}

void redis_journal_count(struct journal *j, struct redis_journal_counts *out)
{
    struct redis_journal *r = (struct redis_journal *)j;
    struct journal_queue_counts q;
    journal_queue_count(&r->writer.queue, &q);
    uint64_t found = atomic_load(&r->reads_found);
    uint64_t unavailable = atomic_load(&r->reads_unavailable);
    *out = (struct redis_journal_counts){
        .events = q.taken[ENTRY_EVENT],
        .sent = q.taken[ENTRY_SENT],
        .strikes = q.taken[ENTRY_STRIKE],
        .written = atomic_load(&r->writer.written),
        .dropped = q.dropped,
        .refused = atomic_load(&r->writer.refused),
        .batches = atomic_load(&r->writer.batches),
        .reads = found + unavailable,
        .reads_unavailable = unavailable,
        .waiting = q.waiting,
        .open = breaker_set_count(&r->writer.breakers, journal_wall_clock()),
    };
}
