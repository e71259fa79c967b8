#include "ctl/transport.h"

#define PORT_SMTP 25
#define PORT_LMTP 24
#define PORT_MAX 65535

static bool is_scheme(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_letter(s.p[i]) && !ascii_is_digit(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
            return false;
    return s.n > 0;
}

/* What follows the host: nothing, or a colon and a number. */
static bool read_port(struct span text, unsigned *port)
{
    uint64_t number;
    if (text.n == 0)
        return true;
    if (text.p[0] != ':' || !span_number(span_from(text, 1), &number) || number < 1 ||
        number > PORT_MAX)
        return false;
    *port = (unsigned)number;
    return true;
}

bool transport_parse(struct span text, struct transport *out)
{
    text = span_trim(text);
    size_t colon = span_find(text, ':');
    struct span rest = span_from(text, colon + 1);
    out->scheme = (struct span){ text.p, colon };
    if (!is_scheme(out->scheme))
        return false;
    out->port = span_ieq(out->scheme, SPAN_LIT("lmtp")) ? PORT_LMTP : PORT_SMTP;
    size_t end;
    if (rest.n > 0 && rest.p[0] == '[') {
        end = span_find(rest, ']');
        out->host = span_from((struct span){ rest.p, end }, 1);
        if (end == rest.n)
            return false;
        end++;
    } else {
        end = span_find(rest, ':');
        out->host = (struct span){ rest.p, end };
    }
    return out->host.n > 0 && read_port(span_from(rest, end), &out->port);
}

static bool same(const struct transport *a, const struct transport *b)
{
    return span_ieq(a->scheme, b->scheme) && span_ieq(a->host, b->host) && a->port == b->port;
}

static bool add_system(struct site *site, enum place place, const struct config_system *s)
{
    for (size_t i = 0; i < s->hosts.n; i++)
        if (site_add_host(site, place, span_of(s->hosts.item[i])) == RESULT_NO_MEMORY)
            return false;
    for (size_t i = 0; i < s->networks.n; i++)
        if (site_add_network(site, place, span_of(s->networks.item[i])) == RESULT_NO_MEMORY)
            return false;
    return true;
}

bool transports_init(struct transports *t, const struct config *config)
{
    struct config_system gateways = { .hosts = config->gateways };
    *t = (struct transports){ config, site_new() };
    return t->site && add_system(t->site, PLACE_GATEWAY, &gateways) &&
           add_system(t->site, PLACE_PRIMARY, &config->system[SYSTEM_PRIMARY]) &&
           add_system(t->site, PLACE_SECONDARY, &config->system[SYSTEM_SECONDARY]);
}

void transports_free(struct transports *t)
{
    site_free(t->site);
    *t = (struct transports){ 0 };
}

static bool is_nexthop(const struct transports *t, enum system s, const struct transport *given)
{
    struct transport own;
    const char *nexthop = t->config->system[s].nexthop;
    return nexthop && transport_parse(span_of(nexthop), &own) && same(&own, given);
}

bool transports_system(const struct transports *t, struct span text, enum system *out)
{
    struct transport given;
    struct ip ip;
    if (!transport_parse(text, &given))
        return false;
    bool primary = is_nexthop(t, SYSTEM_PRIMARY, &given);
    bool secondary = is_nexthop(t, SYSTEM_SECONDARY, &given);
    *out = primary ? SYSTEM_PRIMARY : SYSTEM_SECONDARY;
    if (primary || secondary)
        return !primary || !secondary;
    enum place place =
        ip_parse(given.host, &ip) ? site_ip(t->site, &ip) : site_host(t->site, given.host);
    *out = place == PLACE_PRIMARY ? SYSTEM_PRIMARY : SYSTEM_SECONDARY;
    return place == PLACE_PRIMARY || place == PLACE_SECONDARY;
}
