#include "engine/client.h"

enum origin client_origin(const struct engine *e, const struct client *c)
{
    enum system own = e->config->node;
    enum system peer = system_other(own);
    if (!c->smtp || c->authenticated)
        return ORIGIN_LOCAL;
    if (span_present(c->cert_subject)) {
        if (identify_by_cert(&e->identify[own], c->cert_subject))
            return ORIGIN_LOCAL;
        if (identify_by_cert(&e->identify[peer], c->cert_subject))
            return ORIGIN_PEER;
    }
    if (!c->has_ip)
        return ORIGIN_EXTERNAL;
    enum place place = site_ip(e->site, &c->ip);
    if (place == place_of(own))
        return ORIGIN_LOCAL;
    return place == place_of(peer) ? ORIGIN_PEER : ORIGIN_EXTERNAL;
}
