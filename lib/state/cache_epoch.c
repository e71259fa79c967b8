#include "state/cache_epoch.h"

#include "base/count.h"
#include "state/cache_entry.h"

#define STATE_BITS 2

const char *cache_state_name(enum cache_state s)
{
    static const char *const names[] = { "suspect", "fresh", "down" };
    return (size_t)s < COUNT_OF(names) ? names[s] : "?";
}

void cache_epoch_init(struct cache_epoch *e)
{
    pthread_mutex_init(&e->lock, NULL);
    atomic_init(&e->packed, CACHE_SUSPECT);
    for (size_t i = 0; i < COUNT_OF(e->ended); i++)
        atomic_init(&e->ended[i], 0);
}

void cache_epoch_free(struct cache_epoch *e)
{
    pthread_mutex_destroy(&e->lock);
}

struct cache_moment cache_epoch_now(const struct cache_epoch *e)
{
    uint64_t packed = atomic_load(&e->packed);
    return (struct cache_moment){ (enum cache_state)(packed & ((1u << STATE_BITS) - 1)),
                                  (uint32_t)(packed >> STATE_BITS) };
}

void cache_epoch_set(struct cache_epoch *e, enum cache_state state, int64_t utc)
{
    pthread_mutex_lock(&e->lock);
    struct cache_moment m = cache_epoch_now(e);
    if (m.state == CACHE_FRESH)
        atomic_store(&e->ended[m.generation % CACHE_GENERATIONS_KEPT],
                     (uint64_t)m.generation << 32 | cache_seconds(utc));
    if (state == CACHE_FRESH)
        m.generation++;
    atomic_store(&e->packed, (uint64_t)m.generation << STATE_BITS | state);
    pthread_mutex_unlock(&e->lock);
}

bool cache_epoch_ended(const struct cache_epoch *e, uint32_t generation, int64_t *utc)
{
    uint64_t ended = atomic_load(&e->ended[generation % CACHE_GENERATIONS_KEPT]);
    if (ended >> 32 != generation)
        return false;
    *utc = (int64_t)(ended & UINT32_MAX);
    return true;
}
