#ifndef COEXIST_ENGINE_ENGINE_H
#define COEXIST_ENGINE_ENGINE_H

#include <stdatomic.h>

#include "core/address.h"
#include "core/identify.h"
#include "core/keyring.h"
#include "core/site.h"
#include "engine/backend.h"

/*
 * One configuration with all that was made from it. Immutable and counted: a reload makes another,
 * and a message keeps the one that it began with.
 */
struct engine {
    struct config *config;
    struct site *site;
    struct keyring *keys; /* key[0] signs */
    struct backend *backend;
    struct map_memory *told; /* what the maps have said of late; NULL: they said nothing */
    struct meter *meter; /* what this engine and those before it have counted; NULL: nobody asks */
    struct store *store; /* the backend's */
    struct journal *journal;                /* the backend's; NULL: none */
    struct identify identify[SYSTEM_COUNT]; /* by enum system; borrowed from config */
    struct address loop_mailbox;            /* of kind ADDRESS_NULL where there is none */
    atomic_uint refs;                       /* for engine_ref() and engine_unref() alone */
};

#define ENGINE_ERROR_MAX CONFIG_ERROR_MAX

/*
 * Takes over the configuration (as config_load() gave it, with setup_checks()), the keys (from
 * malloc) and references to the backend and the meter, which may be NULL, also when it fails. NULL
 * without memory or when the configuration holds what the checks refuse. The caller has the one
 * reference.
 */
struct engine *engine_new(struct config *config, struct keyring *keys, struct backend *backend,
                          struct meter *meter, char error[ENGINE_ERROR_MAX]);

/* The bodies of messages may have to be read: some domain looks for invitations there, and some
 * mailbox lives on both systems. */
bool engine_reads_bodies(const struct engine *e);

/* What comes from no network of the peer does not come from the peer. */
bool engine_knows_peer_by_network(const struct engine *e);

struct engine *engine_ref(struct engine *e);

/* Frees the engine and all that it owns with the last reference. NULL is borne. */
void engine_unref(struct engine *e);

#endif
