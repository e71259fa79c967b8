#include "ctl/seen.h"

#include <stdlib.h>

#include "sys/random.h"

#define FIRST_SLOTS 1024

bool seen_init(struct seen *s)
{
    *s = (struct seen){ 0 };
    return random_octets((unsigned char *)&s->key, sizeof(s->key));
}

static uint64_t hash_of(const struct seen *s, struct span name)
{
    uint64_t hash = siphash(&s->key, name, 2, 4);
    return hash ? hash : 1;
}

/* The slot that holds the hash, or the free one where it would stand. */
static uint64_t *find(uint64_t *slot, size_t slots, uint64_t hash)
{
    size_t i = hash & (slots - 1);
    while (slot[i] && slot[i] != hash)
        i = (i + 1) & (slots - 1);
    return &slot[i];
}

/* No more than half full. */
static bool grow(struct seen *s)
{
    if (s->names * 2 < s->slots)
        return true;
    size_t slots = s->slots ? s->slots * 2 : FIRST_SLOTS;
    uint64_t *slot = calloc(slots, sizeof(*slot));
    if (!slot)
        return false;
    for (size_t i = 0; i < s->slots; i++)
        if (s->slot[i])
            *find(slot, slots, s->slot[i]) = s->slot[i];
    free(s->slot);
    s->slot = slot;
    s->slots = slots;
    return true;
}

bool seen_add(struct seen *s, struct span name, bool *before)
{
    if (!grow(s))
        return false;
    uint64_t hash = hash_of(s, name);
    uint64_t *slot = find(s->slot, s->slots, hash);
    *before = *slot != 0;
    s->names += *slot == 0;
    *slot = hash;
    return true;
}

bool seen_has(const struct seen *s, struct span name)
{
    return s->slots > 0 && *find(s->slot, s->slots, hash_of(s, name)) != 0;
}

void seen_free(struct seen *s)
{
    free(s->slot);
    *s = (struct seen){ 0 };
}
