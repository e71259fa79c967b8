#include "engine/backend.h"

#include <stdatomic.h>
#include <stdlib.h>

/* What others see of a backend stands first. */
struct counted {
    struct backend backend;
    atomic_uint refs;
};

struct backend *backend_of(struct store *store, struct journal *journal)
{
    struct counted *c = store ? calloc(1, sizeof(*c)) : NULL;
    if (!c) {
        store_close(store);
        journal_close(journal);
        return NULL;
    }
    c->backend.store = store;
    c->backend.journal = journal;
    atomic_init(&c->refs, 1);
    return &c->backend;
}

struct backend *backend_ref(struct backend *b)
{
    atomic_fetch_add(&((struct counted *)b)->refs, 1);
    return b;
}

void backend_unref(struct backend *b)
{
    if (!b || atomic_fetch_sub(&((struct counted *)b)->refs, 1) > 1)
        return;
    store_close(b->store);
    journal_close(b->journal);
    free(b);
}
