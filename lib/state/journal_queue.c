#include "state/journal_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/deadline.h"
#include "state/thread.h"

void entry_list_add(struct entry_list *l, struct journal_entry *e)
{
    e->next = NULL;
    if (l->last)
        l->last->next = e;
    else
        l->first = e;
    l->last = e;
    l->n++;
    l->octets += e->octets;
}

struct journal_entry *entry_list_take(struct entry_list *l)
{
    struct journal_entry *e = l->first;
    if (!e)
        return NULL;
    l->first = e->next;
    if (!l->first)
        l->last = NULL;
    l->n--;
    l->octets -= e->octets;
    return e;
}

/* Moves all of b behind a. */
static void entry_list_join(struct entry_list *a, struct entry_list *b)
{
    if (!b->first)
        return;
    if (a->last)
        a->last->next = b->first;
    else
        a->first = b->first;
    a->last = b->last;
    a->n += b->n;
    a->octets += b->octets;
    *b = (struct entry_list){ .n = 0 };
}

static void entry_list_free(struct entry_list *l)
{
    struct journal_entry *e;
    while ((e = entry_list_take(l)))
        free(e);
}

void journal_queue_init(struct journal_queue *q, size_t max, size_t full_batch)
{
    *q = (struct journal_queue){ .max = max > 0 ? max : 1, .full_batch = full_batch };
    pthread_mutex_init(&q->lock, NULL);
    thread_condition_init(&q->filled);
}

void journal_queue_free(struct journal_queue *q)
{
    entry_list_free(&q->entries);
    pthread_cond_destroy(&q->filled);
    pthread_mutex_destroy(&q->lock);
}

/* With the lock held: takes out the oldest entries beyond the bounds. */
static struct entry_list queue_overflow(struct journal_queue *q)
{
    struct entry_list over = { .n = 0 };
    while (q->entries.n > q->max || q->entries.octets > JOURNAL_QUEUE_OCTETS_MAX)
        entry_list_add(&over, entry_list_take(&q->entries));
    q->dropped += over.n;
    return over;
}

void journal_queue_put(struct journal_queue *q, enum entry_kind kind, struct journal_entry *e)
{
    struct entry_list over = { .n = 0 };
    pthread_mutex_lock(&q->lock);
    q->taken[kind]++;
    if (e) {
        entry_list_add(&q->entries, e);
        over = queue_overflow(q);
    } else {
        q->dropped++;
    }
    bool wake = e && (q->entries.n == 1 || q->entries.n == q->full_batch);
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->filled);
    entry_list_free(&over);
}

void journal_queue_poke(struct journal_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->poked = true;
    pthread_mutex_unlock(&q->lock);
    pthread_cond_signal(&q->filled);
}

void journal_queue_close(struct journal_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closing = true;
    pthread_mutex_unlock(&q->lock);
    pthread_cond_signal(&q->filled);
}

bool journal_queue_closing(struct journal_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool closing = q->closing;
    pthread_mutex_unlock(&q->lock);
    return closing;
}

/* With the lock held. False once the deadline has passed. */
static bool queue_wait(struct journal_queue *q, int64_t deadline)
{
    const struct timespec until = deadline_timespec(deadline);
    return pthread_cond_timedwait(&q->filled, &q->lock, &until) != ETIMEDOUT;
}

void journal_queue_wait(struct journal_queue *q, int64_t deadline, unsigned linger_ms)
{
    pthread_mutex_lock(&q->lock);
    bool idle = q->entries.n == 0;
    while (!q->closing && !q->poked && q->entries.n == 0 && queue_wait(q, deadline))
        continue;
    int64_t full = deadline_in(linger_ms);
    while (idle && !q->closing && q->entries.n > 0 && q->entries.n < q->full_batch &&
           queue_wait(q, full))
        continue;
    q->poked = false;
    pthread_mutex_unlock(&q->lock);
}

void journal_queue_pause(struct journal_queue *q, int64_t deadline)
{
    pthread_mutex_lock(&q->lock);
    while (queue_wait(q, deadline))
        continue;
    pthread_mutex_unlock(&q->lock);
}

struct entry_list journal_queue_take(struct journal_queue *q, size_t n, size_t octets)
{
    struct entry_list out = { .n = 0 };
    pthread_mutex_lock(&q->lock);
    const struct journal_entry *e;
    while ((e = q->entries.first) && out.n < n && (out.n == 0 || out.octets + e->octets <= octets))
        entry_list_add(&out, entry_list_take(&q->entries));
    q->taken_out = out.n;
    pthread_mutex_unlock(&q->lock);
    return out;
}

void journal_queue_settle(struct journal_queue *q, struct entry_list back)
{
    pthread_mutex_lock(&q->lock);
    q->taken_out = 0;
    entry_list_join(&back, &q->entries);
    q->entries = back;
    struct entry_list over = queue_overflow(q);
    pthread_mutex_unlock(&q->lock);
    entry_list_free(&over);
}

void journal_queue_drop(struct journal_queue *q)
{
    pthread_mutex_lock(&q->lock);
    struct entry_list all = q->entries;
    q->entries = (struct entry_list){ .n = 0 };
    q->dropped += all.n;
    pthread_mutex_unlock(&q->lock);
    entry_list_free(&all);
}

void journal_queue_count(struct journal_queue *q, struct journal_queue_counts *out)
{
    pthread_mutex_lock(&q->lock);
    memcpy(out->taken, q->taken, sizeof(out->taken));
    out->dropped = q->dropped;
    out->waiting = q->entries.n + q->taken_out;
    pthread_mutex_unlock(&q->lock);
}
