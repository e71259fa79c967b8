#include "state/redis_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "state/fault.h"
#include "state/redis_hash.h"

struct redis_store {
    struct store store;
    struct redis_client *client;
    const char *prefix;
};

/* One call of fetch. A query has its answer once that is not STORE_UNAVAILABLE, or has a why. */
struct fetch {
    const struct redis_store *store;
    struct store_query *query;
};

/* A query whose key cannot be made is answered instead. */
static bool fetch_add(void *arg, size_t i, struct redis_connection *c)
{
    const struct fetch *f = arg;
    struct store_query *q = &f->query[i];
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    bool made = record_key(span_of(f->store->prefix), q->kind, q->name, &key);
    if (made) {
        const struct span word[] = { SPAN_LIT("HGETALL"), buf_span(&key) };
        redis_connection_add(c, word, COUNT_OF(word));
    } else if (buf_ok(&key)) {
        q->answer = STORE_BAD;
        fault_set(q->why, "the key has more than %d octets", RECORD_KEY_MAX);
    } else {
        fault_set(q->why, "no memory");
    }
    buf_free(&key);
    return made;
}

static bool answer_error(struct store_query *q, const struct redis_reply *r)
{
    struct span words = redis_reply_error_words(r);
    if (span_istarts(words, SPAN_LIT("WRONGTYPE "))) {
        q->answer = STORE_BAD;
        fault_set(q->why, "not a hash");
    } else {
        fault_set(q->why, "%.*s",
                  SPAN_ARG(words.n > 0 ? words : SPAN_LIT("an error without words")));
    }
    return true;
}

static bool answer_hash(struct store_query *q, const struct redis_reply *r)
{
    struct record_field field[RECORD_FIELDS_MAX];
    size_t fields;
    if (!redis_hash_read(r, field, &fields))
        return false;
    if (fields == 0)
        q->answer = STORE_ABSENT;
    else
        q->answer =
            record_read(q->kind, field, fields, &q->record, q->why) ? STORE_FOUND : STORE_BAD;
    return true;
}

static bool fetch_answer(void *arg, size_t i, const struct redis_reply *reply)
{
    const struct fetch *f = arg;
    struct store_query *q = &f->query[i];
    switch (redis_reply_kind(reply)) {
    case REDIS_TOO_LONG:
        q->answer = STORE_BAD;
        fault_set(q->why, "the record is too large to read");
        return true;
    case REDIS_ERROR:
        return answer_error(q, reply);
    case REDIS_LIST:
        return answer_hash(q, reply);
    default:
        return false;
    }
}

static void redis_fetch(struct store *store, struct store_query *query, size_t n)
{
    struct redis_store *s = (struct redis_store *)store;
    struct fetch f = { s, query };
    const struct redis_exchange x = { n, fetch_add, fetch_answer, &f };
    char why[RECORD_FAULT_MAX];
    if (redis_client_run(s->client, &x, why))
        return;
    for (struct store_query *q = query; q < query + n; q++)
        if (q->answer == STORE_UNAVAILABLE && q->why[0] == '\0')
            memcpy(q->why, why, sizeof(why));
}

static void redis_close(struct store *store)
{
    free(store);
}

static const struct store_ops redis_ops = { .fetch = redis_fetch, .close = redis_close };

struct store *redis_store_new(struct redis_client *client)
{
    struct redis_store *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->store.ops = &redis_ops;
    s->client = client;
    s->prefix = redis_target_config(redis_client_target(client))->prefix;
    return &s->store;
}
