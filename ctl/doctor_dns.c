#include "core/site.h"
#include "ctl/doctor.h"
#include "ctl/resolver.h"

#define DOMAINS_ASKED_MAX 200

/* The hosts of both systems, and of what lies between. NULL without memory. */
static struct site *site_of(const struct config *c)
{
    struct site *s = site_new();
    for (size_t i = 0; s && i < SYSTEM_COUNT; i++)
        for (size_t k = 0; k < c->system[i].hosts.n; k++)
            site_add_host(s, place_of((enum system)i), span_of(c->system[i].hosts.item[k]));
    for (size_t k = 0; s && k < c->gateways.n; k++)
        site_add_host(s, PLACE_GATEWAY, span_of(c->gateways.item[k]));
    return s;
}

static void tell_silent(struct doctor *d, const char *domain)
{
    finding_begin(&d->found, SEVERITY_WARNING, "dns-silent");
    finding_what(&d->found,
                 "no name server answers for the MX of %s; no further domain is asked "
                 "for",
                 domain);
    finding_causes(&d->found, "where mail from outside comes in is not checked; Postfix may not "
                              "reach other hosts either");
    finding_mend(&d->found, "host -t MX %s; see /etc/resolv.conf, or give --resolver ADDRESS:PORT",
                 domain);
}

static void tell_missing(struct doctor *d, const char *domain, bool null)
{
    finding_begin(&d->found, null ? SEVERITY_FAULT : SEVERITY_WARNING,
                  null ? "mx-null" : "mx-missing");
    finding_what(&d->found, "%s %s", domain,
                 null ? "says that it takes no mail: its MX is `.`" : "has no MX");
    finding_causes(&d->found, null ? "nobody outside sends any"
                                   : "mail from outside goes to the address of the name itself, or "
                                     "nowhere");
    finding_mend(&d->found, "add the MX of the system that mail is to come in by");
}

static void tell_foreign(struct doctor *d, const char *domain, const char *host)
{
    finding_begin(&d->found, SEVERITY_WARNING, "mx-foreign");
    finding_what(&d->found,
                 "the MX of %s has %s, which belongs to neither system and is no gateway", domain,
                 host);
    finding_causes(&d->found, "its hop in the headers counts as a stranger's: loops through it are "
                              "missed; or mail comes in where nobody routes it");
    finding_mend(&d->found,
                 "add \"%s\" to `hosts` of its system, or gateway { hosts = { \"%s\" } }", host,
                 host);
}

/* Mail for those who have no record crosses from one system to the other, each of it. */
static void tell_crossing(struct doctor *d, const struct config_domain *domain, enum place by)
{
    finding_begin(&d->found, SEVERITY_NOTE, "mx-crosses");
    finding_what(&d->found,
                 "each MX of %s is of the %s system, and users without a record live on "
                 "the %s one",
                 domain->name, place_name(by), home_name(domain->home));
    finding_causes(&d->found, "all their mail crosses from one to the other");
    finding_mend(&d->found, "when most have moved, move the MX too");
}

static bool judge(struct doctor *d, const struct site *s, const struct config_domain *domain,
                  const struct resolver_mx *mx, size_t n)
{
    bool crosses = domain->home != HOME_UNSET, good = true;
    enum place by = PLACE_EXTERNAL;
    if (n == 1 && mx[0].host[0] == '\0') {
        tell_missing(d, domain->name, true);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        by = site_host(s, span_of(mx[i].host));
        crosses = crosses && (by == PLACE_PRIMARY || by == PLACE_SECONDARY) &&
                  by != place_of(domain->home == HOME_PRIMARY ? SYSTEM_PRIMARY : SYSTEM_SECONDARY);
        if (by == PLACE_EXTERNAL)
            tell_foreign(d, domain->name, mx[i].host);
        good = good && by != PLACE_EXTERNAL;
    }
    if (crosses)
        tell_crossing(d, domain, by);
    return good && !crosses;
}

/* False when no name server answers. */
static bool check(struct doctor *d, struct resolver *r, const struct site *s,
                  const struct config_domain *domain, bool *good)
{
    struct resolver_mx mx[RESOLVER_MX_MAX];
    size_t n;
    switch (resolver_mx(r, domain->name, mx, &n)) {
    case RESOLVER_FOUND:
        *good = judge(d, s, domain, mx, n) && *good;
        return true;
    case RESOLVER_ABSENT:
        tell_missing(d, domain->name, false);
        *good = false;
        return true;
    default:
        tell_silent(d, domain->name);
        return false;
    }
}

void doctor_dns(struct doctor *d)
{
    struct resolver r;
    const char *why;
    const struct config *c = d->config;
    struct site *s = site_of(c);
    bool good = s && resolver_open(&r, d->resolver, &why);
    d->found.area = AREA_DNS;
    if (!good) {
        site_free(s);
        d->found.failed = true;
        return;
    }
    bool answered = true;
    for (size_t i = 0; answered && i < c->domains && i < DOMAINS_ASKED_MAX; i++)
        answered = check(d, &r, s, &c->domain[i], &good);
    if (answered && good)
        finding_ok(&d->found, "the MX of %zu domain%s belong to the systems and gateways",
                   c->domains, c->domains == 1 ? "" : "s");
    resolver_close(&r);
    site_free(s);
}
