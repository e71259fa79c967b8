#ifndef COEXIST_TESTS_OWNED_STORE_H
#define COEXIST_TESTS_OWNED_STORE_H

#include "state/redis_store.h"

/* A Redis store with a target and a client of its own, which end with it. */
struct store *owned_store_new(const struct redis_config *config);

/* Those of what owned_store_new() gave. */
struct redis_target *owned_store_target(struct store *store);
struct redis_client *owned_store_client(struct store *store);

#endif
