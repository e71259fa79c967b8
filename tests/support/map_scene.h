#ifndef COEXIST_TESTS_MAP_SCENE_H
#define COEXIST_TESTS_MAP_SCENE_H

#include "engine/map.h"
#include "tests/support/engine_fixture.h"

/*
 * An engine that serves maps, over records in memory. Besides the fixture's domains, which have a
 * route, there are plain.example, at home at the primary, own.example at the secondary, and
 * open.example without a home, none of them with a route.
 */

#define MAP_PRIMARY_HOP "smtp:[p.example.net]:25"
#define MAP_SECONDARY_HOP "lmtp:[127.0.0.1]:7025"

void map_scene_open(struct engine_fixture *f, enum system node);

/* Writes the fields of a user's record, `home=primary route=a@b`; "" writes none. */
void map_scene_user(struct engine_fixture *f, const char *user, const char *fields);

/* The reply to a request of these octets. Valid until the next call; NULL frees it. */
const char *map_scene_ask(struct engine_fixture *f, struct span request);

/* The reply for a table and a key. */
const char *map_scene_look(struct engine_fixture *f, const char *table, const char *key);

#endif
