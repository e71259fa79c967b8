#include "state/failing_store.h"

#include <stdlib.h>

#include "state/fault.h"

struct failing_store {
    struct store store;
    enum store_answer answer;
    char why[RECORD_FAULT_MAX];
};

static void failing_fetch(struct store *s, struct store_query *query, size_t n)
{
    const struct failing_store *f = (const struct failing_store *)s;
    for (size_t i = 0; i < n; i++) {
        query[i].answer = f->answer;
        if (f->answer != STORE_ABSENT)
            fault_set(query[i].why, "%s", f->why);
    }
}

static void failing_close(struct store *s)
{
    free(s);
}

static const struct store_ops failing_ops = { .fetch = failing_fetch, .close = failing_close };

struct store *failing_store_new(enum store_answer answer, const char *why)
{
    struct failing_store *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->store.ops = &failing_ops;
    f->answer = answer;
    fault_set(f->why, "%s", why ? why : "");
    return &f->store;
}
