#include "ctl/dry_state.h"

#include <stdlib.h>
#include <string.h>

#include "state/fault.h"
#include "state/redis_store.h"

struct dry_store {
    struct store store;
    struct dry *dry;
    struct dry_client client;
    struct store *records;
    const char *prefix;
};

bool dry_client_open(struct dry_client *c, const struct config *config, const char *url,
                     char why[RECORD_FAULT_MAX])
{
    struct redis_config redis;
    char *storage = NULL;
    bool named = backend_server(config, url, &redis, &storage);
    fault_set(why, named ? "out of memory" : "it names no Redis that could be asked");
    if (redis.connect_timeout_ms < LINK_TIMEOUT_MS)
        redis.connect_timeout_ms = LINK_TIMEOUT_MS;
    if (redis.command_timeout_ms < LINK_TIMEOUT_MS)
        redis.command_timeout_ms = LINK_TIMEOUT_MS;
    c->target = named ? redis_target_new(&redis) : NULL;
    c->client = c->target ? redis_client_new(c->target) : NULL;
    free(storage);
    return c->client;
}

void dry_client_close(struct dry_client *c)
{
    redis_client_free(c->client);
    redis_target_free(c->target);
}

static void keep(const struct dry_store *s, const struct store_query *q)
{
    struct dry *d = s->dry;
    struct buf key;
    if (d->lookups == DRY_LOOKUPS_MAX)
        return;
    buf_init(&key, RECORD_KEY_MAX);
    struct dry_lookup *l = &d->lookup[d->lookups];
    *l = (struct dry_lookup){ .kind = q->kind, .answer = q->answer, .record = q->record };
    memcpy(l->why, q->why, sizeof(l->why));
    if (record_key(span_of(s->prefix), q->kind, q->name, &key) && (l->key = buf_take(&key)))
        d->lookups++;
    buf_free(&key);
}

static void dry_fetch(struct store *store, struct store_query *query, size_t n)
{
    const struct dry_store *s = (const struct dry_store *)store;
    store_fetch(s->records, query, n);
    for (size_t i = 0; i < n; i++)
        keep(s, &query[i]);
}

static void dry_close(struct store *store)
{
    struct dry_store *s = (struct dry_store *)store;
    store_close(s->records);
    dry_client_close(&s->client);
    free(s);
}

static const struct store_ops dry_ops = { .fetch = dry_fetch, .close = dry_close };

struct store *dry_store_new(struct dry *d, const struct config *config, const char *url,
                            char why[RECORD_FAULT_MAX])
{
    struct dry_store *s = calloc(1, sizeof(*s));
    fault_set(why, "out of memory");
    if (!s)
        return NULL;
    s->store.ops = &dry_ops;
    s->dry = d;
    s->prefix = config->prefix;
    if (dry_client_open(&s->client, config, url, why))
        s->records = redis_store_new(s->client.client);
    if (s->records)
        return &s->store;
    dry_close(&s->store);
    return NULL;
}
