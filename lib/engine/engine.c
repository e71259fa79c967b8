#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/map_memory.h"
#include "engine/meter.h"

/* The lists of one block, and what is said when one of their items is refused. */
struct block {
    const struct config *config;
    const char *name;
    enum place place;
    char *error;
};

static bool add_all(struct site *site, const struct block *b, const struct string_list *list,
                    enum result (*add)(struct site *, enum place, struct span))
{
    for (size_t i = 0; i < list->n; i++) {
        enum result added = add(site, b->place, span_of(list->item[i]));
        if (added == RESULT_OK)
            continue;
        snprintf(b->error, ENGINE_ERROR_MAX, "%s: %s: '%s': %s", b->config->file, b->name,
                 list->item[i],
                 added == RESULT_CLASH ? "stands in another block too; accepted: one block for each"
                                       : result_text(added));
        return false;
    }
    return true;
}

static bool add_system(struct site *site, const struct config *c, enum system s, char *error)
{
    struct block b = { c, s == SYSTEM_PRIMARY ? "system primary" : "system secondary", place_of(s),
                       error };
    return add_all(site, &b, &c->system[s].hosts, site_add_host) &&
           add_all(site, &b, &c->system[s].networks, site_add_network);
}

static struct site *site_of_config(const struct config *c, char *error)
{
    struct block gateways = { c, "gateway", PLACE_GATEWAY, error };
    struct site *site = site_new();
    if (site && add_system(site, c, SYSTEM_PRIMARY, error) &&
        add_system(site, c, SYSTEM_SECONDARY, error) &&
        add_all(site, &gateways, &c->gateways, site_add_host))
        return site;
    site_free(site);
    return NULL;
}

struct engine *engine_new(struct config *config, struct keyring *keys, struct backend *backend,
                          struct meter *meter, char error[ENGINE_ERROR_MAX])
{
    struct engine *e = calloc(1, sizeof(*e));
    if (!e) {
        config_free(config);
        if (keys)
            keyring_wipe(keys);
        free(keys);
        backend_unref(backend);
        meter_unref(meter);
        return NULL;
    }
    e->config = config;
    e->keys = keys;
    e->backend = backend;
    e->meter = meter;
    e->store = backend ? backend->store : NULL;
    e->journal = backend ? backend->journal : NULL;
    atomic_init(&e->refs, 1);
    bool good = config && keys && keys->keys > 0 && backend;
    if (good)
        e->site = site_of_config(config, error);
    good = good && e->site &&
           address_parse(span_of(config->loop_mailbox), &e->loop_mailbox) == RESULT_OK;
    for (int i = 0; good && i < SYSTEM_COUNT; i++)
        good = identify_parse(span_of(config->system[i].identify), &e->identify[i]);
    if (good)
        return e;
    engine_unref(e);
    return NULL;
}

bool engine_reads_bodies(const struct engine *e)
{
    if (!backend_knows_both(e->backend))
        return false;
    for (size_t i = 0; i < e->config->domains; i++)
        if (e->config->domain[i].calendar)
            return true;
    return false;
}

bool engine_knows_peer_by_network(const struct engine *e)
{
    return e->config->system[system_other(e->config->node)].networks.n > 0;
}

struct engine *engine_ref(struct engine *e)
{
    atomic_fetch_add(&e->refs, 1);
    return e;
}

void engine_unref(struct engine *e)
{
    if (!e || atomic_fetch_sub(&e->refs, 1) > 1)
        return;
    address_free(&e->loop_mailbox);
    site_free(e->site);
    if (e->keys)
        keyring_wipe(e->keys);
    free(e->keys);
    backend_unref(e->backend);
    map_memory_unref(e->told);
    meter_unref(e->meter);
    config_free(e->config);
    free(e);
}
