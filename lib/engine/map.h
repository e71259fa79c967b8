#ifndef COEXIST_ENGINE_MAP_H
#define COEXIST_ENGINE_MAP_H

#include "engine/engine.h"

/*
 * The tables that Postfix asks by its socketmap protocol (socketmap_table(5)), each a view of the
 * same decisions that the filter makes:
 *
 *   transport   for transport_maps: the next hop of a recipient
 *   recipients  for relay_recipient_maps and the like: whether there is such a recipient
 *   alias       for virtual_alias_maps: the addresses that a recipient stands for
 *
 * A table knows no message and so no origin: it answers as for a recipient of one from outside. A
 * domain that is only observed is left alone: nothing is said of its next hops and aliases, and
 * each of its recipients is there.
 */

#define MAP_REQUEST_MAX 2048 /* longest request: name of the table, blank, key */
#define MAP_REPLY_MAX 4096   /* longest reply; Postfix takes 100000 octets */

/* Where an answer may come from. */
enum map_reach {
    MAP_FROM_MEMORY, /* what is remembered and fresh, or stale while the state is known to be away
                      */
    MAP_FROM_STALE,  /* what is remembered at all */
    MAP_FROM_STORE   /* the store, which may wait for as long as it is allowed to */
};

/*
 * Answers one request, `NAME KEY`, with `OK value`, `NOTFOUND `, `TEMP why` or `PERM why`; the key
 * may be of any octets, the reply has no control character. False, with nothing written: what is
 * needed is not within reach; never with MAP_FROM_STORE. out: empty, with room for MAP_REPLY_MAX.
 */
bool map_answer(const struct engine *e, struct span request, enum map_reach reach, struct buf *out);

/* The answer where none was found in time. */
void map_answer_late(struct buf *out);

/* What a reply is, as the metrics have it. */
enum map_result { MAP_OK, MAP_NOTFOUND, MAP_TEMP, MAP_PERM, MAP_LATE };
#define MAP_RESULTS (MAP_LATE + 1)
const char *map_result_name(enum map_result r);

/* The name of a table; `other`, the last one, for requests that name none. */
#define MAP_TABLES 4
const char *map_table_name(unsigned i);

/* Counts a reply that its client is given; it is one of those that are made here. */
void map_count(const struct engine *e, struct span request, struct span reply);

#endif
