#ifndef COEXIST_ENGINE_MAP_MEMORY_H
#define COEXIST_ENGINE_MAP_MEMORY_H

#include "base/span.h"

/*
 * Which ways the map of next hops has told of late. Each program that asks Postfix's
 * trivial-rewrite(8), the queue manager above all, uses the answer to its last question for
 * half a minute more, whatever the state says by then: a mailbox that was flipped meanwhile would
 * get its mail at the old place. All functions may be called from any thread, and bear a NULL
 * memory, which knows nothing.
 */

#define MAP_MEMORY_S 30 /* as in Postfix, where it is no parameter */

/* Where an answer leads. */
enum map_way { MAP_WAY_OWN, MAP_WAY_PEER, MAP_WAY_REFUSED };
#define MAP_WAYS (MAP_WAY_REFUSED + 1)

/* Of so many addresses at most; in a corner that is full, the one told the longest ago goes. More
 * than that within half a minute, and some flips are not held up, as after a restart. */
#define MAP_MEMORY_MAX 32768

struct map_memory;

/* NULL without memory. */
struct map_memory *map_memory_new(void);
struct map_memory *map_memory_ref(struct map_memory *m);
void map_memory_unref(struct map_memory *m);

/* key: of an address, in lower case; now: microseconds of the monotonic clock. */
void map_memory_tell(struct map_memory *m, struct span key, enum map_way way, int64_t now_us);

/* Another way than this one was told for it within the time that Postfix remembers. */
bool map_memory_strays(struct map_memory *m, struct span key, enum map_way way, int64_t now_us);

#endif
