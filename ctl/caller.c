#include "ctl/caller.h"

#include <stdio.h>
#include <string.h>

static bool set_address(struct caller *c, struct span text)
{
    if (text.n >= sizeof(c->address) || !ip_parse(text, &c->client.ip))
        return false;
    memcpy(c->address, text.p, text.n);
    c->address[text.n] = '\0';
    c->client.has_ip = true;
    return true;
}

/* The first address of the peer's networks that belongs to no narrower one of this system. */
static bool set_peer_network(struct caller *c, const struct engine *e)
{
    const struct string_list *list = &e->config->system[system_other(e->config->node)].networks;
    for (size_t i = 0; i < list->n; i++) {
        struct span network = span_of(list->item[i]);
        struct span address = { network.p, span_find(network, '/') };
        if (set_address(c, address) && client_origin(e, &c->client) == ORIGIN_PEER)
            return true;
    }
    c->client.has_ip = false;
    c->address[0] = '\0';
    return false;
}

static enum status be_peer(const struct session *s, const struct engine *e, struct caller *c)
{
    const struct identify *peer = &e->identify[system_other(e->config->node)];
    bool given = c->client.has_ip;
    c->how = CALLER_ADDRESS;
    if (given ? client_origin(e, &c->client) == ORIGIN_PEER : set_peer_network(c, e))
        return STATUS_YES;
    c->how = CALLER_CERT;
    c->client.cert_subject = peer->cert;
    if (span_present(peer->cert))
        return STATUS_YES;
    c->how = CALLER_HEADER;
    if (client_origin(e, &c->client) == ORIGIN_EXTERNAL && span_present(peer->header))
        return STATUS_YES;
    if (given)
        return session_fail(s, STATUS_USAGE,
                            "%s is not the peer's, by the `networks` and `identify` of %s",
                            c->address, e->config->file);
    return session_fail(s, STATUS_USAGE,
                        "%s: system %s has neither `networks` nor `identify`: nothing tells the "
                        "peer",
                        e->config->file, system_name(system_other(e->config->node)));
}

static enum status be_external(const struct session *s, const struct engine *e, struct caller *c)
{
    enum origin origin = client_origin(e, &c->client);
    c->how = c->client.has_ip ? CALLER_ADDRESS : CALLER_NOBODY;
    if (origin == ORIGIN_EXTERNAL)
        return STATUS_YES;
    return session_fail(s, STATUS_USAGE, "%s is not external: by the `networks` of %s it is %s",
                        c->address, e->config->file, origin_name(origin));
}

enum status caller_make(const struct session *s, const struct engine *e, const enum origin *from,
                        const char *address, struct caller *out)
{
    *out = (struct caller){ .client = { .smtp = true }, .origin = ORIGIN_EXTERNAL };
    if (address && !set_address(out, span_of(address)))
        return session_fail(s, STATUS_USAGE, "--client '%s' is not an IP address", address);
    if (from)
        out->origin = *from;
    else if (address)
        out->origin = client_origin(e, &out->client);
    if (from && *from == ORIGIN_PEER)
        return be_peer(s, e, out);
    if (out->origin == ORIGIN_EXTERNAL)
        return be_external(s, e, out);
    out->how = CALLER_ADDRESS;
    if (from && *from == ORIGIN_LOCAL) {
        out->client.authenticated = true;
        out->how = CALLER_LOGIN;
    }
    return STATUS_YES;
}
