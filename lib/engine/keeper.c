#include "engine/keeper.h"

#include <stdlib.h>
#include <string.h>

#include "state/deadline.h"
#include "state/thread.h"
#include "sys/clock.h"

#define SECOND_MS 1000

struct keeper {
    char *file;
    char *origin;
    struct store *cache;
    struct teller teller;
    int64_t interval_ms;
    pthread_t thread;
    pthread_mutex_t lock; /* for what follows it, up to the blank line */
    pthread_cond_t stop;
    bool stopping;
    struct key key;
    uint64_t keys; /* how often it has changed */

    /* the thread's own */
    struct cache_counts written; /* before the last time that the file was written */
    uint64_t written_keys;
    unsigned idle; /* intervals since then */
    bool filled;   /* the cache has remembered something */
    bool failing;
};

static bool has_changed(const struct keeper *k, const struct cache_counts *now, uint64_t keys,
                        bool last)
{
    const struct cache_counts *before = &k->written;
    bool renew = last || k->idle >= KEEPER_RENEWAL;
    return now->fills != before->fills || now->invalidated != before->invalidated ||
           now->entries != before->entries || keys != k->written_keys ||
           (renew && now->state == CACHE_FRESH);
}

static void tell_outcome(struct keeper *k, bool written, const char *error, size_t records)
{
    if (!written && !k->failing)
        teller_tell(&k->teller, true, "snapshot-failed", "%s", error);
    else if (written && k->failing)
        teller_tell(&k->teller, false, "snapshot-works", "%s is written again, with %zu records",
                    k->file, records);
    k->failing = !written;
}

static bool write_file(struct keeper *k, const struct key *key)
{
    const struct snapshot s = { .file = k->file, .origin = k->origin };
    char error[SNAPSHOT_ERROR_MAX];
    size_t records = 0;
    bool written = snapshot_write(&s, k->cache, key, clock_utc(), &records, error);
    tell_outcome(k, written, error, records);
    return written;
}

/* The counts are from before the walk: what comes during it has changed since. */
static void keep(struct keeper *k, bool last)
{
    struct cache_counts now;
    cache_count(k->cache, &now);
    pthread_mutex_lock(&k->lock);
    struct key key = k->key;
    uint64_t keys = k->keys;
    pthread_mutex_unlock(&k->lock);
    k->filled = k->filled || now.entries > 0;
    k->idle++;
    if (k->filled && has_changed(k, &now, keys, last) && write_file(k, &key)) {
        k->written = now;
        k->written_keys = keys;
        k->idle = 0;
    }
    explicit_bzero(&key, sizeof(key));
}

/* False when the keeper is to stop. */
static bool wait_interval(struct keeper *k)
{
    const struct timespec until = deadline_timespec(deadline_now() + k->interval_ms);
    pthread_mutex_lock(&k->lock);
    int late = 0;
    while (!k->stopping && !late)
        late = pthread_cond_timedwait(&k->stop, &k->lock, &until);
    bool goes_on = !k->stopping;
    pthread_mutex_unlock(&k->lock);
    return goes_on;
}

static void *keeper_thread(void *keeper)
{
    struct keeper *k = keeper;
    while (wait_interval(k))
        keep(k, false);
    keep(k, true);
    return NULL;
}

static void keeper_free(struct keeper *k)
{
    pthread_cond_destroy(&k->stop);
    pthread_mutex_destroy(&k->lock);
    explicit_bzero(&k->key, sizeof(k->key));
    free(k->file);
    free(k->origin);
    free(k);
}

struct keeper *keeper_start(const struct keeper_config *config)
{
    struct keeper *k = calloc(1, sizeof(*k));
    if (!k)
        return NULL;
    pthread_mutex_init(&k->lock, NULL);
    thread_condition_init(&k->stop);
    k->file = strdup(config->snapshot.file);
    k->origin = strdup(config->snapshot.origin);
    k->cache = config->cache;
    k->teller = config->teller;
    k->key = *config->key;
    k->interval_ms = (int64_t)config->interval_s * SECOND_MS;
    if (config->interval_ms > 0)
        k->interval_ms = config->interval_ms;
    /* What came out of the file does not have to go back there. */
    struct cache_counts now;
    cache_count(k->cache, &now);
    k->written.entries = now.entries;
    k->filled = now.entries > 0;
    if (k->file && k->origin && thread_start(&k->thread, keeper_thread, k))
        return k;
    keeper_free(k);
    return NULL;
}

static bool is_same(const struct key *a, const struct key *b)
{
    return strcmp(a->name, b->name) == 0 && a->secret_len == b->secret_len &&
           memcmp(a->secret, b->secret, a->secret_len) == 0;
}

void keeper_use_key(struct keeper *k, const struct key *key)
{
    pthread_mutex_lock(&k->lock);
    if (!is_same(&k->key, key)) {
        k->key = *key;
        k->keys++;
    }
    pthread_mutex_unlock(&k->lock);
}

void keeper_stop(struct keeper *k)
{
    if (!k)
        return;
    pthread_mutex_lock(&k->lock);
    k->stopping = true;
    pthread_cond_signal(&k->stop);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    keeper_free(k);
}
