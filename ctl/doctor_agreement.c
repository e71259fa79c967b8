#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "core/site.h"
#include "ctl/doctor_postfix.h"
#include "engine/message.h"

#define DOMAINS_ASKED_MAX 20 /* that tables are asked for */

/* The classes of domains that Postfix takes mail for. */
static const char *const classes[] = { "mydestination", "virtual_alias_domains",
                                       "virtual_mailbox_domains", "relay_domains" };

static bool is_listed(struct postfix_check *k, const char *name, const char *domain)
{
    struct span rest = span_of(postconf_value(k->p, name)), item;
    bool found = postconf_list_has(postconf_value(k->p, name), domain);
    while (!found && postconf_list_next(&rest, &item)) {
        struct buf value;
        if (span_find(item, ':') == item.n)
            continue;
        /* One that cannot be asked may have it. */
        found = postmap_ask(k->p, item, domain, &value) != POSTMAP_ABSENT;
        buf_free(&value);
    }
    return found;
}

static void check_domain(struct postfix_check *k, const char *domain)
{
    struct findings *f = &k->d->found;
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (is_listed(k, classes[i], domain))
            return;
    finding_begin(f, SEVERITY_FAULT, "domain-refused");
    finding_what(f,
                 "%s is in none of mydestination, virtual_mailbox_domains, relay_domains and "
                 "virtual_alias_domains",
                 domain);
    finding_causes(f, "mail for it from elsewhere is refused: Relay access denied");
    finding_mend(f, "add it to the one by which its mailboxes here are delivered");
}

static void check_domains(struct postfix_check *k)
{
    const struct config *c = k->d->config;
    struct findings *f = &k->d->found;
    for (size_t i = 0; i < c->domains && i < DOMAINS_ASKED_MAX; i++)
        check_domain(k, c->domain[i].name);
    if (c->domains <= DOMAINS_ASKED_MAX)
        return;
    finding_begin(f, SEVERITY_NOTE, "domains-unasked");
    finding_what(f, "not checked: what Postfix has of %zu of the %zu domains, from %s on",
                 c->domains - DOMAINS_ASKED_MAX, c->domains, c->domain[DOMAINS_ASKED_MAX].name);
    finding_causes(f, "a fault of theirs would not be seen here");
}

static void check_networks(struct postfix_check *k)
{
    struct findings *f = &k->d->found;
    const char *name = "mynetworks", *list = postconf_value(k->p, name);
    if (!postconf_list_has(list, "0.0.0.0/0") && !postconf_list_has(list, "[::]/0") &&
        !postconf_list_has(list, "::/0"))
        return;
    finding_begin(f, SEVERITY_FAULT, "open-relay");
    finding_what(f, "mynetworks holds all addresses: %s", list);
    finding_causes(f, "anybody may send mail to anywhere through this host");
    doctor_mend_main(k, name, "127.0.0.0/8 [::1]/128");
}

/* What this Postfix writes into Received fields must be a host of the node's own system. */
static void check_host_name(struct postfix_check *k)
{
    const struct config *c = k->d->config;
    struct findings *f = &k->d->found;
    const char *host = postconf_value(k->p, "myhostname");
    struct site *s = site_new();
    for (size_t i = 0; s && i < c->system[c->node].hosts.n; i++)
        site_add_host(s, place_of(c->node), span_of(c->system[c->node].hosts.item[i]));
    bool known = !s || site_host(s, span_of(host)) == place_of(c->node);
    site_free(s);
    if (known)
        return;
    finding_begin(f, SEVERITY_FAULT, "myhostname-unlisted");
    finding_what(f, "myhostname is %s, which `hosts` of system %s do not have", host,
                 system_name(c->node));
    finding_causes(f, "hops of this very host are taken for those of strangers: loops are missed");
    finding_mend(f, "add \"%s\" to `hosts` in system %s", host, system_name(c->node));
}

static void check_recipient_limit(struct postfix_check *k)
{
    struct findings *f = &k->d->found;
    const char *name = "smtpd_recipient_limit";
    if (strtol(postconf_value(k->p, name), NULL, 10) <= MESSAGE_RECIPIENTS_MAX)
        return;
    finding_begin(f, SEVERITY_WARNING, "recipient-limit");
    finding_what(f, "%s is %s, and the filter takes %d recipients of a message", name,
                 postconf_value(k->p, name), MESSAGE_RECIPIENTS_MAX);
    finding_causes(f, "further ones are answered 452, and come again in another message");
    doctor_mend_main(k, name, "1000");
}

static void check_hop_limit(struct postfix_check *k)
{
    struct findings *f = &k->d->found;
    const char *limit = postconf_value(k->p, "hopcount_limit");
    unsigned hops = k->d->config->max_hops;
    unsigned long theirs = strtoul(limit, NULL, 10);
    if (hops < theirs)
        return;
    finding_begin(f, hops > theirs ? SEVERITY_WARNING : SEVERITY_NOTE, "hopcount-limit");
    finding_what(f, "max_hops is %u, and Postfix's hopcount_limit %s", hops, limit);
    finding_causes(f, "Postfix ends a message that goes round before the filter can tell its path");
    finding_mend(f, "max_hops = %lu", theirs > 20 ? theirs - 10 : 10);
}

static void check_delimiter(struct postfix_check *k)
{
    struct findings *f = &k->d->found;
    const char *name = "recipient_delimiter", *theirs = postconf_value(k->p, name);
    char ours = k->d->config->recipient_delimiter;
    if (ours ? strchr(theirs, ours) != NULL : theirs[0] == '\0')
        return;
    finding_begin(f, SEVERITY_WARNING, "recipient-delimiter");
    finding_what(f, "recipient_delimiter of the filter is '%.1s', and of Postfix '%s'",
                 ours ? &k->d->config->recipient_delimiter : "", theirs);
    finding_causes(f, "the two do not agree on whose mail user+ext@domain is");
    doctor_mend_main(k, name, postfix_lines_value(k->right, name));
}

static void check_origin(struct postfix_check *k)
{
    struct findings *f = &k->d->found;
    const struct config *c = k->d->config;
    const char *name = "myorigin", *theirs = postconf_value(k->p, name);
    if (c->myorigin ? strcasecmp(c->myorigin, theirs) == 0
                    : !config_find_domain(c, span_of(theirs)))
        return;
    finding_begin(f, SEVERITY_WARNING, "myorigin");
    finding_what(f, "myorigin of the filter is %s, and of Postfix %s",
                 c->myorigin ? c->myorigin : "not set", theirs);
    finding_causes(f,
                   "recipients without a domain are taken for another mailbox than Postfix does, "
                   "or left alone");
    finding_mend(f, "myorigin = \"%s\"", theirs);
}

void doctor_agreement(struct postfix_check *k)
{
    check_domains(k);
    check_networks(k);
    check_host_name(k);
    check_recipient_limit(k);
    check_hop_limit(k);
    check_delimiter(k);
    check_origin(k);
}
