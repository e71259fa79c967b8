#include "engine/backend_live.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "engine/backend_totals.h"
#include "state/redis_url.h"
#include "sys/log.h"

#define SETTINGS_MAX 16384
#define JOURNAL_QUEUE_MAX 10000

static void tell(void *arg, bool warning, const char *event, const char *text)
{
    (void)arg;
    log_event(warning ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, event, "%s", text);
}

static void tell_of_server(void *server, bool warning, const char *event, const char *text)
{
    log_event(warning ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, event, "%s: %s", (char *)server, text);
}

char *backend_settings(const struct config *c)
{
    const char *const texts[] = { c->state,    c->replica, c->prefix,  c->tls_ca,
                                  c->tls_cert, c->tls_key, c->snapshot };
    const unsigned numbers[] = { c->connect_timeout_ms, c->command_timeout_ms,
                                 c->cache_entries,      c->cache_max_age_s,
                                 c->stale_max_s,        c->snapshot_interval_s,
                                 c->ledger_window_s,    c->breaker_limit,
                                 c->breaker_window_s,   c->events_max };
    struct buf out;
    buf_init(&out, SETTINGS_MAX);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        buf_addf(&out, "%s\n", texts[i] ? texts[i] : "");
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        buf_addf(&out, "%u\n", numbers[i]);
    return buf_take(&out);
}

char *backend_server_name(const struct redis_config *r)
{
    struct buf out;
    buf_init(&out, SETTINGS_MAX);
    if (r->path)
        buf_adds(&out, r->path);
    else if (r->master)
        buf_addf(&out, "master %s", r->master);
    else
        buf_addf(&out, "%s:%u", r->host, r->port ? r->port : REDIS_PORT);
    return buf_take(&out);
}

/* Another server may say something else of the same records. */
static char *origin_of(const struct redis_config *r, const char *server)
{
    struct buf out;
    buf_init(&out, SETTINGS_MAX);
    for (size_t i = 0; i < r->sentinels; i++)
        buf_addf(&out, "%s:%u,", r->sentinel[i].name, r->sentinel[i].port);
    buf_addf(&out, "%s %u %s", server, r->database, r->prefix);
    return buf_take(&out);
}

bool backend_server(const struct config *c, const char *url, struct redis_config *redis,
                    char **storage)
{
    *redis = (struct redis_config){
        .tls = { .ca = c->tls_ca, .cert = c->tls_cert, .key = c->tls_key },
        .prefix = c->prefix,
        .connect_timeout_ms = c->connect_timeout_ms,
        .command_timeout_ms = c->command_timeout_ms,
    };
    *storage = NULL;
    return !redis_url_parse(url, redis, storage);
}

static bool open_written(struct backend_live *l, const struct config *c)
{
    struct redis_config redis;
    char *storage;
    if (backend_server(c, c->state, &redis, &storage))
        l->written = redis_target_new(&redis);
    free(storage);
    l->writer = l->written ? redis_client_new(l->written) : NULL;
    return l->writer;
}

static bool open_read(struct backend_live *l, const struct config *c)
{
    struct redis_config redis;
    char *storage;
    if (backend_server(c, c->replica ? c->replica : c->state, &redis, &storage)) {
        l->read = redis_target_new(&redis);
        l->server = backend_server_name(&redis);
        l->origin = l->server ? origin_of(&redis, l->server) : NULL;
    }
    free(storage);
    l->reader = l->read ? redis_client_new(l->read) : NULL;
    return l->reader && l->origin;
}

static bool open_store(struct backend *b, const struct config *c)
{
    b->store = redis_store_new(b->live->reader);
    if (!b->store || c->cache_entries == 0)
        return b->store;
    const struct cache_config cache = {
        .entries_max = c->cache_entries,
        .max_age_s = c->cache_max_age_s,
        .stale_max_s = c->stale_max_s,
    };
    b->store = b->live->cache = cache_store_new(b->store, &cache);
    return b->store;
}

static bool open_journal(struct backend *b, const struct config *c)
{
    const struct redis_journal_config journal = {
        .client = b->live->writer,
        .queue_max = JOURNAL_QUEUE_MAX,
        .events_max = c->events_max,
        .ledger_window_s = c->ledger_window_s,
        .breaker_limit = c->breaker_limit,
        .breaker_window_s = c->breaker_window_s,
        .teller = { tell, NULL },
    };
    b->journal = b->live->journal = redis_journal_new(&journal);
    return b->journal;
}

static bool track(struct backend_live *l, struct buf *key)
{
    char *prefix = buf_take(key);
    if (prefix)
        l->tracked[l->tracks++] = prefix;
    return prefix;
}

static bool set_tracked(struct backend_live *l, const struct config *c)
{
    struct span prefix = span_of(c->prefix);
    struct buf key;
    bool good = true;
    buf_init(&key, RECORD_KEY_MAX);
    for (int k = 0; good && k < RECORD_KINDS; k++)
        good = record_key(prefix, (enum record_kind)k, SPAN_LIT(""), &key) && track(l, &key);
    if (good && c->breaker_limit > 0) {
        buf_addf(&key, "%s" BREAKER_KEY, c->prefix);
        good = track(l, &key);
    }
    buf_free(&key);
    return good;
}

bool backend_live_open(struct backend *b, const struct config *c, const struct key *key)
{
    struct backend_live *l = b->live = calloc(1, sizeof(*l));
    if (!l)
        return false;
    l->key = *key;
    l->snapshot_interval_s = c->snapshot_interval_s;
    l->owned = c->user && account_find(c->user, &l->owner) == RESULT_OK;
    l->settings = backend_settings(c);
    l->prefix = strdup(c->prefix);
    if (!l->settings || !l->prefix || (c->snapshot && !(l->snapshot = strdup(c->snapshot))))
        return false;
    return set_tracked(l, c) && open_written(l, c) && open_read(l, c) && open_store(b, c) &&
           open_journal(b, c);
}

static void on_changed(void *live, struct span key)
{
    const struct backend_live *l = live;
    enum record_kind kind;
    struct span name;
    if (record_of_key(span_of(l->prefix), key, &kind, &name))
        cache_invalidate(l->cache, kind, name);
    else
        redis_journal_reread(l->journal);
}

static void on_all_changed(void *live)
{
    const struct backend_live *l = live;
    cache_invalidate_all(l->cache);
    redis_journal_reread(l->journal);
}

/* The journal's server may be another one now too; and whoever still pauses after a failure need
 * not. */
static void on_heard(void *live)
{
    const struct backend_live *l = live;
    redis_client_retire(l->reader);
    redis_client_retire(l->writer);
    cache_set_state(l->cache, CACHE_FRESH);
    redis_journal_reread(l->journal);
}

static void on_unheard(void *live, bool away)
{
    const struct backend_live *l = live;
    cache_set_state(l->cache, away ? CACHE_DOWN : CACHE_SUSPECT);
}

static bool start_tracker(struct backend_live *l)
{
    struct redis_tracker_config config = {
        .target = l->read,
        .client = l->reader,
        .prefixes = l->tracks,
        .sink = { on_changed, on_all_changed, on_heard, on_unheard, l },
        .teller = { tell_of_server, l->server },
    };
    for (size_t i = 0; i < l->tracks; i++)
        config.prefix[i] = l->tracked[i];
    l->tracker = redis_tracker_start(&config);
    return l->tracker;
}

static bool start_keeper(struct backend_live *l)
{
    const struct keeper_config config = {
        .snapshot = { l->snapshot, l->origin, l->owned ? &l->owner : NULL },
        .cache = l->cache,
        .key = &l->key,
        .interval_s = l->snapshot_interval_s,
        .teller = { tell, NULL },
    };
    l->keeper = keeper_start(&config);
    return l->keeper;
}

bool backend_live_start(struct backend_live *l)
{
    if (!redis_journal_start(l->journal))
        return false;
    if (l->cache && !l->tracker && !start_tracker(l))
        return false;
    return !l->cache || !l->snapshot || l->keeper || start_keeper(l);
}

/* The keeper writes what the tracker has kept true, and the tracker calls the cache and the
 * journal; each ends before what it uses. */
void backend_live_close(struct backend *b)
{
    struct backend_live *l = b->live;
    keeper_stop(l->keeper);
    redis_tracker_stop(l->tracker);
    if (l->journal)
        redis_journal_stop(l->journal);
    backend_totals_leave(l);
    journal_close(b->journal);
    store_close(b->store);
    redis_client_free(l->reader);
    redis_client_free(l->writer);
    redis_target_free(l->read);
    redis_target_free(l->written);
    while (l->tracks > 0)
        free(l->tracked[--l->tracks]);
    explicit_bzero(&l->key, sizeof(l->key));
    if (l->settings)
        explicit_bzero(l->settings, strlen(l->settings));
    free(l->settings);
    free(l->origin);
    free(l->server);
    free(l->snapshot);
    free(l->prefix);
    free(l);
}
