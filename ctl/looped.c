#include "ctl/looped.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"

/* uthash calls exit() without memory unless told otherwise. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct looped_entry {
    struct looped_row row;
    UT_hash_handle hh;
    size_t n;
    char rcpt[];
};

/* The kinds of evidence as they stand in events, and the reasons that are evidence themselves. */
static const char *const kinds[] = { "conflict", "trace", "received", "hops", "ledger", "breaker" };

static unsigned kind_of(struct span word)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (span_eq(word, span_of(kinds[i])))
            return 1u << i;
    return 0;
}

static unsigned evidence_of(const struct event *e)
{
    unsigned found = kind_of(event_get(e, "reason"));
    struct span rest = event_get(e, "evidence"), word;
    while (span_split(&rest, ',', &word))
        found |= kind_of(word);
    return found;
}

void looped_evidence(unsigned evidence, struct buf *out)
{
    size_t before = out->n;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (evidence & 1u << i)
            buf_addf(out, "%s%s", out->n > before ? "," : "", kinds[i]);
    if (out->n == before)
        buf_adds(out, "none");
}

bool looped_init(struct looped *l, const char *prefix)
{
    *l = (struct looped){ 0 };
    return record_set_init(&l->changed, prefix);
}

void looped_free(struct looped *l)
{
    struct looped_entry *e = l->by_rcpt;
    HASH_CLEAR(hh, l->by_rcpt);
    while (e) {
        struct looped_entry *next = e->hh.next;
        free(e->row.event);
        free(e->row.path);
        free(e);
        e = next;
    }
    free(l->row);
    record_set_free(&l->changed);
    *l = (struct looped){ 0 };
}

static struct looped_entry *entry_new(struct looped *l, struct span rcpt)
{
    struct looped_entry *made = calloc(1, sizeof(*made) + rcpt.n);
    if (!made)
        return NULL;
    made->n = rcpt.n;
    if (rcpt.n > 0)
        memcpy(made->rcpt, rcpt.p, rcpt.n);
    HASH_ADD(hh, l->by_rcpt, rcpt, rcpt.n, made);
    if (made->hh.tbl)
        return made;
    free(made);
    return NULL;
}

/* NULL where the table is full, or without memory. */
static struct looped_entry *entry_for(struct looped *l, struct span rcpt)
{
    struct looped_entry *found = NULL;
    HASH_FIND(hh, l->by_rcpt, rcpt.p, rcpt.n, found);
    if (found)
        return found;
    if (l->rows == LOOPED_MAX) {
        l->others++;
        return NULL;
    }
    found = entry_new(l, rcpt);
    if (found)
        l->rows++;
    else
        l->failed = true;
    return found;
}

static void keep(struct looped *l, struct event **where, const struct event *e)
{
    free(*where);
    *where = event_copy(e);
    l->failed = l->failed || !*where;
}

static void row_add(struct looped *l, struct looped_row *row, const struct event *e)
{
    if (row->count == 0) {
        row->first_ms = row->last_ms = e->ms;
        row->written = record_set_has_decided(&l->changed, e);
    }
    row->count++;
    row->first_ms = e->ms < row->first_ms ? e->ms : row->first_ms;
    row->last_ms = e->ms > row->last_ms ? e->ms : row->last_ms;
    row->evidence |= evidence_of(e);
    if (!row->event || (!event_is_acted_on(row->event) && event_is_acted_on(e)))
        keep(l, &row->event, e);
    if (!row->path && span_present(event_get(e, "path")))
        keep(l, &row->path, e);
}

void looped_add(struct looped *l, const struct event *e)
{
    struct span rcpt = event_get(e, "rcpt");
    if (event_is_change(e))
        record_set_add_changed(&l->changed, e);
    l->failed = l->failed || l->changed.failed;
    if (!event_is_trouble(e) || !span_present(rcpt))
        return;
    struct looped_entry *entry = entry_for(l, rcpt);
    if (entry)
        row_add(l, &entry->row, e);
}

static int compare(const void *a, const void *b)
{
    const struct looped_row *x = *(struct looped_row *const *)a;
    const struct looped_row *y = *(struct looped_row *const *)b;
    if (x->last_ms != y->last_ms)
        return x->last_ms > y->last_ms ? -1 : 1;
    return -event_id_compare(x->event->id, y->event->id);
}

bool looped_sort(struct looped *l)
{
    size_t n = 0;
    if (l->failed || l->rows == 0)
        return !l->failed;
    l->row = malloc(l->rows * sizeof(struct looped_row *));
    if (!l->row)
        return false;
    for (struct looped_entry *e = l->by_rcpt; e; e = e->hh.next)
        l->row[n++] = &e->row;
    qsort(l->row, n, sizeof(struct looped_row *), compare);
    return true;
}
