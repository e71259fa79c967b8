#include "engine/engine.h"

#include <stdlib.h>

static bool add_hosts(struct site *site, enum place place, const struct string_list *hosts)
{
    for (size_t i = 0; i < hosts->n; i++)
        if (site_add_host(site, place, span_of(hosts->item[i])) != RESULT_OK)
            return false;
    return true;
}

static bool add_networks(struct site *site, enum place place, const struct string_list *networks)
{
    for (size_t i = 0; i < networks->n; i++)
        if (site_add_network(site, place, span_of(networks->item[i])) != RESULT_OK)
            return false;
    return true;
}

static struct site *site_of_config(const struct config *c)
{
    struct site *site = site_new();
    if (!site)
        return NULL;
    bool good = add_hosts(site, PLACE_GATEWAY, &c->gateways);
    for (int s = 0; s < SYSTEM_COUNT; s++) {
        enum place place = place_of((enum system)s);
        good = good && add_hosts(site, place, &c->system[s].hosts) &&
               add_networks(site, place, &c->system[s].networks);
    }
    if (good)
        return site;
    site_free(site);
    return NULL;
}

struct engine *engine_new(struct config *config, struct keyring *keys, struct store *store)
{
    struct engine *e = calloc(1, sizeof(*e));
    if (!e) {
        config_free(config);
        if (keys)
            keyring_wipe(keys);
        free(keys);
        store_close(store);
        return NULL;
    }
    e->config = config;
    e->keys = keys;
    e->store = store;
    atomic_init(&e->refs, 1);
    bool good = config && keys && keys->keys > 0 && store;
    if (good)
        e->site = site_of_config(config);
    good = good && e->site &&
           address_parse(span_of(config->loop_mailbox), &e->loop_mailbox) == RESULT_OK;
    for (int s = 0; good && s < SYSTEM_COUNT; s++)
        good = identify_parse(span_of(config->system[s].identify), &e->identify[s]);
    if (good)
        return e;
    engine_unref(e);
    return NULL;
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
    store_close(e->store);
    config_free(e->config);
    free(e);
}
