#ifndef COEXIST_ENGINE_BACKEND_TOTALS_H
#define COEXIST_ENGINE_BACKEND_TOTALS_H

#include "engine/backend.h"
#include "state/cache_store.h"
#include "state/redis_journal.h"

/*
 * What all backends of one process have counted: those in use, and those that have ended. A reload
 * that names another state begins another backend with counts of its own, while messages under way
 * still use the one before; what is told here never goes back.
 */

struct backend_totals;

struct backend_counts {
    struct cache_counts cache;
    struct redis_journal_counts journal;
};

struct backend_totals *backend_totals_new(void); /* NULL without memory */
struct backend_totals *backend_totals_ref(struct backend_totals *t);
void backend_totals_unref(struct backend_totals *t); /* NULL is borne */

/* The backend's counts belong to these from now on, until it ends. Call once for each, with one
 * that backend_new() gave. */
void backend_totals_join(struct backend_totals *t, struct backend *b);

/* For the backend that ends: it counts no more. What has joined none is borne. */
void backend_totals_leave(struct backend_live *l);

/* The sums; what is no count but a state of things (entries, waiting, open) is 0. From any thread.
 */
void backend_totals_sum(struct backend_totals *t, struct backend_counts *out);

/* What this one has counted itself, and how it stands; all 0 for one without Redis. */
void backend_count(const struct backend *b, struct backend_counts *out);

#endif
