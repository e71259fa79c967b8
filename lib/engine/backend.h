#ifndef COEXIST_ENGINE_BACKEND_H
#define COEXIST_ENGINE_BACKEND_H

#include "core/keyring.h"
#include "state/cache_peek.h"
#include "state/journal.h"
#include "state/redis_config.h"
#include "state/store.h"
#include "sys/config.h"

/*
 * The state as one configuration names it: where records come from, with their cache, and the
 * journal; with the threads that keep them true. Counted: a reload that names the same state goes
 * on with the same backend, and forgets nothing.
 */

struct backend_live;

struct backend {
    struct store *store;
    struct journal *journal;   /* NULL: none */
    struct backend_live *live; /* see backend_live.h; NULL: the state is in this process alone */
};

/*
 * Connects nothing and starts no thread yet. What `before` remembers of the same state, or else
 * what the snapshot does, is remembered as stale; before may be NULL. The first of the keys signs
 * the snapshot, all of them verify it. NULL without memory.
 */
struct backend *backend_new(const struct config *config, const struct keyring *keys,
                            const struct backend *before);

/* A backend of these two, which it takes over, also when it fails; journal may be NULL. NULL
 * without memory. */
struct backend *backend_of(struct store *store, struct journal *journal);

/* Starts the threads that are not running yet: after the process has become a daemon. False
 * without threads. */
bool backend_start(struct backend *b);

/* Whether this configuration names the state that the backend was made for, in all that bears on
 * it. */
bool backend_fits(const struct backend *b, const struct config *config);

/*
 * Whether any mailbox is known to live on both systems: one has been seen since the process
 * started, or is remembered from before. It stays.
 */
bool backend_knows_both(const struct backend *b);

/* One has been seen. */
void backend_saw_both(struct backend *b);

/*
 * What can be asked without a wait: *peek, which then looks into the cache, or the store itself
 * where the state is in this process. See cache_peek_init() for stale.
 */
struct store *backend_peek(const struct backend *b, struct cache_peek *peek, bool stale);

/* From now on the snapshot is signed by the first of these. */
void backend_use_keys(struct backend *b, const struct keyring *keys);

/* Another backend has taken the place of this one, which only messages under way still use: writes
 * the snapshot a last time, and leaves the file to the other. Whoever ends with the last of those
 * messages has not to wait for it. */
void backend_retire(struct backend *b);

/*
 * How the configuration reaches the server of a `state` URL. The strings of *redis stand in
 * *storage, which the caller frees, and in the configuration. False where the URL names none.
 */
bool backend_server(const struct config *config, const char *url, struct redis_config *redis,
                    char **storage);

/* The server for a log line: `127.0.0.1:6379`, the path of a socket, `master NAME`. The caller
 * frees it; NULL without memory. */
char *backend_server_name(const struct redis_config *redis);

struct backend *backend_ref(struct backend *b);

/* With the last reference: writes the snapshot unless it is retired, ends the threads. NULL is
 * borne. */
void backend_unref(struct backend *b);

#endif
