#ifndef COEXIST_TESTS_MAP_TARGET_H
#define COEXIST_TESTS_MAP_TARGET_H

#include "engine/engine.h"

/* An engine with users of each kind, in this process. The caller has the one reference. */
struct engine *map_target_open(void);

/*
 * Puts octets to the maps as a client's connection brings them: netstrings, of which the first
 * octet says in which pieces they come; each whole one is a request. Aborts where an answer is none
 * of the protocol, or where the pieces change what is understood.
 */
void map_target_run(const struct engine *e, struct span input);

#endif
