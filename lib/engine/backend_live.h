#ifndef COEXIST_ENGINE_BACKEND_LIVE_H
#define COEXIST_ENGINE_BACKEND_LIVE_H

#include "engine/backend.h"
#include "engine/keeper.h"
#include "state/cache_store.h"
#include "state/redis_client.h"
#include "state/redis_journal.h"
#include "state/redis_store.h"
#include "state/redis_tracker.h"

/* A backend's connections to Redis, and the threads that live on them. Private to backend*.c. */

#define BACKEND_TRACKED_MAX (RECORD_KINDS + 1)

struct backend_live {
    char *settings; /* all of the configuration that bears on it, as one text */
    char *origin;   /* which state it is, without secrets */
    char *snapshot; /* file, or NULL */
    unsigned snapshot_interval_s;
    struct account owner; /* who writes it, where the daemon is to become another user */
    bool owned;
    struct key key; /* that signs it */
    char *prefix;
    char *tracked[BACKEND_TRACKED_MAX]; /* prefixes of keys */
    size_t tracks;
    char *server;                 /* that records are read from, for the log */
    struct redis_target *written; /* the journal's: never pinned, so that it finds a new master */
    struct redis_target *read;    /* the records': pinned to the server that is heard */
    struct redis_client *writer;
    struct redis_client *reader;
    struct store *cache;     /* NULL: none; the backend's store */
    struct journal *journal; /* the backend's */
    struct redis_tracker *tracker;
    struct keeper *keeper;
    struct backend_totals *totals; /* that its counts belong to, or NULL */
    struct backend_live *next;     /* among those that do */
};

/* Fills the backend, which is all zero. False without memory: backend_live_close() it then too. */
bool backend_live_open(struct backend *b, const struct config *config, const struct key *key);

bool backend_live_start(struct backend_live *l);

/* Writes the snapshot, ends the threads, and closes all that the backend has. */
void backend_live_close(struct backend *b);

/* All of the configuration that bears on a backend. The caller frees it; NULL without memory. */
char *backend_settings(const struct config *c);

#endif
