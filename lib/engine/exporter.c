#include "engine/exporter.h"

#include <stddef.h>

#include "base/count.h"
#include "engine/meter.h"
#include "engine/readiness.h"

struct sampled {
    const char *name;
    const char *help;
    size_t at; /* offset of an uint64_t */
};

static const struct sampled cache_totals[] = {
    { "coexist_cache_hits_total", "Records served from memory, known to be right.",
      offsetof(struct cache_counts, hits) },
    { "coexist_cache_fills_total", "Records asked of Redis, since memory had none that is right.",
      offsetof(struct cache_counts, fills) },
    { "coexist_cache_lost_fills_total", "Records that changed while they were being read.",
      offsetof(struct cache_counts, lost_fills) },
    { "coexist_cache_stale_answers_total",
      "Records served from memory while Redis was away, or did not tell its changes.",
      offsetof(struct cache_counts, stale) },
    { "coexist_cache_invalidations_total", "Changes of a record that Redis has told.",
      offsetof(struct cache_counts, invalidated) },
    { "coexist_cache_evictions_total", "Records forgotten to make room.",
      offsetof(struct cache_counts, evicted) },
};

static const struct sampled journal_totals[] = {
    { "coexist_journal_written_total", "Entries of the journal written to Redis.",
      offsetof(struct redis_journal_counts, written) },
    { "coexist_journal_dropped_total",
      "Entries of the journal, events among them, that were given up: Redis was away for too long.",
      offsetof(struct redis_journal_counts, dropped) },
    { "coexist_journal_refused_total", "Entries of the journal that Redis refused.",
      offsetof(struct redis_journal_counts, refused) },
    { "coexist_journal_batches_total", "Writes of the journal, of many entries each.",
      offsetof(struct redis_journal_counts, batches) },
};

static void write_all(const struct sampled *s, size_t n, const void *counts, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        exposition_family(out, s[i].name, "counter", s[i].help);
        exposition_count(out, s[i].name, "", NULL, 0,
                         *(const uint64_t *)(const void *)((const char *)counts + s[i].at));
    }
}

static void write_gauge(const char *name, const char *help, uint64_t value, struct buf *out)
{
    exposition_family(out, name, "gauge", help);
    exposition_count(out, name, "", NULL, 0, value);
}

static void write_labelled(const char *name, const char *label, const char *value, uint64_t n,
                           struct buf *out)
{
    const struct exposition_label one = { label, value };
    exposition_count(out, name, "", &one, 1, n);
}

static void write_process(const struct engine *e, struct buf *out)
{
    const struct exposition_label build[] = { { "version", COEXIST_VERSION },
                                              { "node", e->config->name },
                                              { "system", system_name(e->config->node) } };
    char why[READINESS_TEXT_MAX];
    exposition_family(out, "coexist_build_info", "gauge", "What runs here; always 1.");
    exposition_count(out, "coexist_build_info", "", build, COUNT_OF(build), 1);
    write_gauge("coexist_start_time_seconds", "When the process was started, seconds UTC.",
                (uint64_t)e->meter->started, out);
    write_gauge("coexist_ready", "1 while the state is known as it is now, as /readyz has it.",
                readiness_check(e, why), out);
}

static void write_cache(const struct engine *e, const struct backend_counts *now, struct buf *out)
{
    static const char name[] = "coexist_cache_state";
    bool cached = e->backend->live && e->config->cache_entries > 0;
    write_gauge("coexist_cache_entries", "Records in memory.", now->cache.entries, out);
    exposition_family(out, name, "gauge", "1 for the state that the memory of records is in.");
    for (int s = 0; s < CACHE_STATES; s++)
        write_labelled(name, "state", cache_state_name((enum cache_state)s),
                       cached && now->cache.state == (enum cache_state)s, out);
}

static void write_entries(const struct redis_journal_counts *j, struct buf *out)
{
    static const char name[] = "coexist_journal_entries_total";
    exposition_family(out, name, "counter", "Entries that the journal was given, by their kind.");
    write_labelled(name, "kind", "event", j->events, out);
    write_labelled(name, "kind", "sent", j->sent, out);
    write_labelled(name, "kind", "strike", j->strikes, out);
}

static void write_ledger(const struct redis_journal_counts *j, struct buf *out)
{
    static const char name[] = "coexist_ledger_lookups_total";
    exposition_family(out, name, "counter", "Visits asked of the ledger, by the answer.");
    write_labelled(name, "result", store_answer_name(STORE_FOUND), j->reads - j->reads_unavailable,
                   out);
    write_labelled(name, "result", store_answer_name(STORE_UNAVAILABLE), j->reads_unavailable, out);
}

void exporter_write(const struct engine *e, struct buf *out)
{
    struct backend_counts now, all;
    backend_count(e->backend, &now);
    backend_totals_sum(e->meter->totals, &all);
    write_process(e, out);
    metrics_write(e->meter->metrics, out);
    write_cache(e, &now, out);
    write_all(cache_totals, COUNT_OF(cache_totals), &all.cache, out);
    write_entries(&all.journal, out);
    write_all(journal_totals, COUNT_OF(journal_totals), &all.journal, out);
    write_gauge("coexist_journal_waiting", "Entries of the journal not yet written.",
                now.journal.waiting, out);
    write_ledger(&all.journal, out);
    write_gauge("coexist_breakers_open", "Recipients whose mail is deferred at RCPT.",
                now.journal.open, out);
}
