#include "engine/backend_totals.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "engine/backend_live.h"

struct backend_totals {
    pthread_mutex_t lock;
    struct backend_live *first; /* of those in use */
    struct backend_counts ended;
    atomic_uint refs;
};

struct backend_totals *backend_totals_new(void)
{
    struct backend_totals *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    pthread_mutex_init(&t->lock, NULL);
    atomic_init(&t->refs, 1);
    return t;
}

struct backend_totals *backend_totals_ref(struct backend_totals *t)
{
    atomic_fetch_add(&t->refs, 1);
    return t;
}

void backend_totals_unref(struct backend_totals *t)
{
    if (!t || atomic_fetch_sub(&t->refs, 1) > 1)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static void count_live(const struct backend_live *l, struct backend_counts *out)
{
    *out = (struct backend_counts){ 0 };
    if (l->cache)
        cache_count(l->cache, &out->cache);
    if (l->journal)
        redis_journal_count(l->journal, &out->journal);
}

void backend_count(const struct backend *b, struct backend_counts *out)
{
    *out = (struct backend_counts){ 0 };
    if (b->live)
        count_live(b->live, out);
}

static void add_cache(struct cache_counts *to, const struct cache_counts *c)
{
    to->hits += c->hits;
    to->fills += c->fills;
    to->lost_fills += c->lost_fills;
    to->stale += c->stale;
    to->invalidated += c->invalidated;
    to->evicted += c->evicted;
}

static void add_journal(struct redis_journal_counts *to, const struct redis_journal_counts *j)
{
    to->events += j->events;
    to->sent += j->sent;
    to->strikes += j->strikes;
    to->written += j->written;
    to->dropped += j->dropped;
    to->refused += j->refused;
    to->batches += j->batches;
    to->reads += j->reads;
    to->reads_unavailable += j->reads_unavailable;
}

static void add_live(struct backend_counts *to, const struct backend_live *l)
{
    struct backend_counts own;
    count_live(l, &own);
    add_cache(&to->cache, &own.cache);
    add_journal(&to->journal, &own.journal);
}

void backend_totals_join(struct backend_totals *t, struct backend *b)
{
    struct backend_live *l = b->live;
    l->totals = backend_totals_ref(t);
    pthread_mutex_lock(&t->lock);
    l->next = t->first;
    t->first = l;
    pthread_mutex_unlock(&t->lock);
}

void backend_totals_leave(struct backend_live *l)
{
    struct backend_totals *t = l->totals;
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    struct backend_live **at = &t->first;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    add_live(&t->ended, l);
    pthread_mutex_unlock(&t->lock);
    l->totals = NULL;
    backend_totals_unref(t);
}

void backend_totals_sum(struct backend_totals *t, struct backend_counts *out)
{
    pthread_mutex_lock(&t->lock);
    *out = t->ended;
    for (const struct backend_live *l = t->first; l; l = l->next)
        add_live(out, l);
    pthread_mutex_unlock(&t->lock);
}
