#ifndef COEXIST_STATE_CACHE_STORE_H
#define COEXIST_STATE_CACHE_STORE_H

#include "state/store.h"

/*
 * Remembers the answers of another store: found, absent and bad, never unavailable. What it serves
 * as fresh has been read since the store began to say what changes, and has not changed since.
 *
 * It has three states, told from outside:
 *   CACHE_FRESH    changes are reported: remembered answers are served without asking
 *   CACHE_SUSPECT  they are not, as at the beginning: the store below is asked each time; where it
 *                  is unavailable, what is remembered is served as stale
 *   CACHE_DOWN     the server is known to be away: what is remembered is served as stale at once;
 *                  what is not is asked for below
 * With each change to CACHE_FRESH what was remembered before counts as read no more: it is asked
 * for again when it is next used.
 *
 * An invalidation that comes while an answer is being read wins: that answer goes to the one who
 * asked for it and is not remembered. Nothing is served as stale that is older than stale_max,
 * counted from when it was last known to be right, nor what was invalidated.
 *
 * Bounded in entries, with CLOCK (second chance) eviction; in shards with a lock each, which is
 * never held while the store below is asked.
 */

enum cache_state { CACHE_SUSPECT, CACHE_FRESH, CACHE_DOWN };
#define CACHE_STATES (CACHE_DOWN + 1)
const char *cache_state_name(enum cache_state s);

struct cache_config {
    size_t entries_max;   /* at least CACHE_SHARDS */
    unsigned max_age_s;   /* asked for again after this, changed or not; 0: never */
    unsigned stale_max_s; /* 0: nothing is ever served as stale */
    int64_t (*utc)(void); /* seconds; NULL: the system's clock. For tests */
};

#define CACHE_SHARDS 64

/* Takes over the store below. NULL without memory or random octets, and then closes it. */
struct store *cache_store_new(struct store *below, const struct cache_config *config);

/* All that follows takes what cache_store_new() gave, and may be called from any thread. */

void cache_set_state(struct store *cache, enum cache_state state);

/* The record has changed, or may have. name: as in a query. */
void cache_invalidate(struct store *cache, enum record_kind kind, struct span name);

/* All records have: nothing is remembered any more, not even as stale. */
void cache_invalidate_all(struct store *cache);

/* Adds what was remembered by an earlier process: stale from the beginning, known to be right at
 * `known` (seconds UTC). A query with an answer that can be remembered; what is there already is
 * not replaced. False when it was not taken: full, or without memory. For before changes are
 * reported: of one that was told earlier it knows nothing. */
bool cache_remember(struct store *cache, const struct store_query *query, int64_t known);

/* Calls visit for each answer that may still be served, fresh or stale, with the time when it was
 * last known to be right; of a fresh one: now. In no order; not for what comes or goes meanwhile.
 * visit is called without a lock held, and ends the walk with false. False then, and without
 * memory. */
bool cache_walk(struct store *cache,
                bool (*visit)(void *arg, const struct store_query *query, int64_t known),
                void *arg);

struct cache_counts {
    uint64_t hits;        /* served as fresh, without asking */
    uint64_t fills;       /* asked for below */
    uint64_t lost_fills;  /* not remembered, because of an invalidation meanwhile */
    uint64_t stale;       /* served as stale */
    uint64_t invalidated; /* calls of cache_invalidate() */
    uint64_t evicted;
    size_t entries;
    enum cache_state state;
};
void cache_count(struct store *cache, struct cache_counts *out);

#endif
