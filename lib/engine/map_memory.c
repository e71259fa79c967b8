#include "engine/map_memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/siphash.h"

#define CORNER 4 /* entries among which one address is looked for */
#define CORNERS (MAP_MEMORY_MAX / CORNER)
#define ROUNDS_EACH 1
#define ROUNDS_END 3
/* Postfix counts whole seconds, and from when it has the answer. */
#define REMEMBERED_US ((MAP_MEMORY_S + 1) * INT64_C(1000000))

/* Until when each way may be remembered; a hash for the address, since nobody can choose one that
 * has the same. */
struct entry {
    uint64_t hash;
    int64_t until_us[MAP_WAYS];
};

struct map_memory {
    pthread_mutex_t lock;
    struct siphash_key key;
    atomic_uint refs;
    struct entry entry[CORNERS][CORNER];
};

struct map_memory *map_memory_new(void)
{
    /* Untouched, it takes no memory. */
    struct map_memory *m = calloc(1, sizeof(*m));
    if (!m || getentropy(&m->key, sizeof(m->key)) != 0) {
        free(m);
        return NULL;
    }
    pthread_mutex_init(&m->lock, NULL);
    atomic_init(&m->refs, 1);
    return m;
}

struct map_memory *map_memory_ref(struct map_memory *m)
{
    if (m)
        atomic_fetch_add(&m->refs, 1);
    return m;
}

void map_memory_unref(struct map_memory *m)
{
    if (!m || atomic_fetch_sub(&m->refs, 1) > 1)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static int64_t last_of(const struct entry *e)
{
    int64_t last = 0;
    for (size_t i = 0; i < MAP_WAYS; i++)
        if (e->until_us[i] > last)
            last = e->until_us[i];
    return last;
}

static struct entry *find(struct map_memory *m, uint64_t hash)
{
    struct entry *corner = m->entry[hash % CORNERS];
    for (size_t i = 0; i < CORNER; i++)
        if (corner[i].hash == hash)
            return &corner[i];
    return NULL;
}

/* An entry for another address: the one that is forgotten first. */
static struct entry *take_over(struct map_memory *m, uint64_t hash)
{
    struct entry *corner = m->entry[hash % CORNERS], *oldest = corner;
    for (size_t i = 1; i < CORNER; i++)
        if (last_of(&corner[i]) < last_of(oldest))
            oldest = &corner[i];
    *oldest = (struct entry){ .hash = hash };
    return oldest;
}

static uint64_t hash_of(const struct map_memory *m, struct span key)
{
    return siphash(&m->key, key, ROUNDS_EACH, ROUNDS_END);
}

void map_memory_tell(struct map_memory *m, struct span key, enum map_way way, int64_t now_us)
{
    if (!m)
        return;
    uint64_t hash = hash_of(m, key);
    pthread_mutex_lock(&m->lock);
    struct entry *e = find(m, hash);
    if (!e)
        e = take_over(m, hash);
    e->until_us[way] = now_us + REMEMBERED_US;
    pthread_mutex_unlock(&m->lock);
}

bool map_memory_strays(struct map_memory *m, struct span key, enum map_way way, int64_t now_us)
{
    if (!m)
        return false;
    bool strays = false;
    uint64_t hash = hash_of(m, key);
    pthread_mutex_lock(&m->lock);
    const struct entry *e = find(m, hash);
    for (unsigned i = 0; e && i < MAP_WAYS; i++)
        strays = strays || (i != (unsigned)way && e->until_us[i] > now_us);
    pthread_mutex_unlock(&m->lock);
    return strays;
}
