#ifndef COEXIST_STATE_CACHE_ENTRY_H
#define COEXIST_STATE_CACHE_ENTRY_H

#include "state/store.h"

/*
 * One remembered answer, packed: a cache may hold a million, and nearly all of a struct record is
 * room for texts that are not there.
 */
struct cache_entry {
    struct cache_entry *next; /* in its bucket */
    uint32_t hash;
    uint32_t read;       /* seconds UTC: the answer was right then, or a moment later */
    uint32_t generation; /* of the cache, in which it was read as fresh; 0: in none */
    uint16_t name_n;
    uint8_t kind : 2;
    uint8_t answer : 2;
    uint8_t home : 3;
    uint8_t used : 1; /* since the hand of the clock came by */
    uint8_t calendar : 3;
    uint8_t mode : 2;
    uint8_t has_route : 1;
    uint8_t has_alias : 1;
    uint8_t has_group : 1;
    char text[]; /* the name; then, each with a NUL: route, alias and group it has, why it is bad */
};

/* An absent record's name that is longer is not remembered: no address is, and strangers could fill
 * much memory with such. Of records that there are: up to the longest key. */
#define CACHE_ABSENT_NAME_MAX 320

/* From a query that was answered. NULL when that is not to be remembered, or without memory. The
 * caller frees it. */
struct cache_entry *cache_entry_new(const struct store_query *query, uint64_t hash);

/* Is it that of this kind and name? */
bool cache_entry_is(const struct cache_entry *e, uint32_t hash, enum record_kind kind,
                    struct span name);

/* Fills in the answer of a query that store_fetch() has cleared. */
void cache_entry_read(const struct cache_entry *e, struct store_query *query);

/* The whole query as it was, its name in the entry. */
void cache_entry_query(const struct cache_entry *e, struct store_query *query);

/* Copies it to memory that is aligned for one; NULL: to nowhere. How far behind it another can
 * stand.
 */
size_t cache_entry_copy(const struct cache_entry *e, void *to);

/* Seconds as an entry has them. */
uint32_t cache_seconds(int64_t utc);

#endif
