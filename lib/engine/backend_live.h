#ifndef COEXIST_ENGINE_BACKEND_LIVE_H
#define COEXIST_ENGINE_BACKEND_LIVE_H

#include "engine/backend.h"
#include "state/cache_store.h"
#include "state/redis_client.h"
#include "state/redis_store.h"
#include "state/redis_tracker.h"

/* A backend's connections to Redis, and the threads that live on them. Private to backend*.c. */

#define BACKEND_TRACKED_MAX (RECORD_KINDS + 1)

struct backend_live {
    char *settings; /* all of the configuration that bears on it, as one text */
    char *origin;   /* which state it is, without secrets */
    char *prefix;
    char *tracked[BACKEND_TRACKED_MAX]; /* prefixes of keys */
    size_t tracks;
    struct redis_target *target;  /* of `state` */
    struct redis_target *replica; /* NULL: records are read from `state` too */
    struct redis_client *reader;  /* the records' */
    struct store *cache;          /* NULL: none; the backend's store */
    struct redis_tracker *tracker;
};

/* Fills the backend, which is all zero. False without memory: backend_live_close() it then too. */
bool backend_live_open(struct backend *b, const struct config *config);

bool backend_live_start(struct backend_live *l);

/* Writes the snapshot, ends the threads, and closes all that the backend has. */
void backend_live_close(struct backend *b);

/* All of the configuration that bears on a backend. The caller frees it; NULL without memory. */
char *backend_settings(const struct config *c);

#endif
