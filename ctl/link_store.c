#include "ctl/link_store.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/stored.h"
#include "state/fault.h"

struct link_store {
    struct store store;
    struct link *link;
    const char *prefix;
};

static void answer(struct link_store *s, struct store_query *q, const struct redis_reply *reply)
{
    struct stored stored;
    q->answer = STORE_UNAVAILABLE;
    if (!reply) {
        fault_set(q->why, "%s", link_why(s->link));
    } else if (!stored_read(q->kind, reply, &stored)) {
        link_refuse(s->link, reply, "HGETALL");
        fault_set(q->why, "%s", link_why(s->link));
    } else if (!stored.there) {
        q->answer = STORE_ABSENT;
    } else if (stored.good) {
        q->answer = STORE_FOUND;
        q->record = stored.record;
    } else {
        q->answer = STORE_BAD;
        memcpy(q->why, stored.fault, sizeof(q->why));
    }
}

static void link_store_fetch(struct store *store, struct store_query *query, size_t n)
{
    struct link_store *s = (struct link_store *)store;
    for (size_t i = 0; i < n; i++) {
        char *key = stored_key(s->prefix, query[i].kind, query[i].name);
        const struct span word[] = { SPAN_LIT("HGETALL"), span_of(key) };
        struct redis_reply *reply =
            key && link_connect(s->link) ? link_call(s->link, word, 2) : NULL;
        answer(s, &query[i], reply);
        redis_reply_free(reply);
        free(key);
    }
}

static void link_store_close(struct store *store)
{
    free(store);
}

static const struct store_ops link_store_ops = { .fetch = link_store_fetch,
                                                 .close = link_store_close };

struct store *link_store_new(struct link *l, const char *prefix)
{
    struct link_store *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    *s = (struct link_store){ { &link_store_ops }, l, prefix };
    return &s->store;
}
