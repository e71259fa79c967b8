#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "ctl/doctor_postfix.h"

#define DOMAINS_ASKED_MAX 20
#define KEY_MAX 600

/* The classes of domains, each with the table of its recipients: an empty one takes all, but for
 * the first, whose recipients are those that are aliases. */
static const struct {
    const char *domains;
    const char *recipients;
    bool always;
} classes[] = {
    { "virtual_alias_domains", "virtual_alias_maps", true },
    { "mydestination", "local_recipient_maps", false },
    { "virtual_mailbox_domains", "virtual_mailbox_maps", false },
    { "relay_domains", "relay_recipient_maps", false },
};

/* Tables that make a recipient known whatever the class. */
static const char *const aliases[] = { "virtual_alias_maps", "canonical_maps",
                                       "recipient_canonical_maps" };

/* One that cannot be asked may have it. */
static bool has_key(struct postfix_check *k, const char *list, const char *key)
{
    struct span rest = span_of(list), map;
    bool found = false;
    while (!found && postconf_list_next(&rest, &map)) {
        struct buf value;
        found = postmap_ask(k->p, map, key, &value) != POSTMAP_ABSENT;
        buf_free(&value);
    }
    return found;
}

static bool knows(struct postfix_check *k, const char *name, const char *user)
{
    char local[KEY_MAX];
    const char *list = postconf_value(k->p, name), *at = strrchr(user, '@');
    snprintf(local, sizeof(local), "%.*s", (int)(at - user), user);
    return has_key(k, list, user) || has_key(k, list, at) ||
           (strcmp(name, "local_recipient_maps") == 0 && has_key(k, list, local));
}

static bool is_alias(struct postfix_check *k, const char *user)
{
    for (size_t i = 0; i < COUNT_OF(aliases); i++)
        if (knows(k, aliases[i], user))
            return true;
    return false;
}

static void tell_refused(struct postfix_check *k, const char *user, const char *recipients)
{
    struct findings *f = &k->d->found;
    finding_begin(f, SEVERITY_FAULT, "recipients-refused");
    finding_what(f, "%s does not have %s, who lives on the other system", recipients, user);
    finding_causes(f, "Postfix refuses mail for such users as unknown, before the filter is asked");
    finding_mend(f,
                 "list them in %s, or let it take all of the domain: the filter and the other "
                 "system know who is there",
                 recipients);
}

/* A word of the list alone: what is in tables is not looked for here. */
static void check_guest(struct postfix_check *k, const char *domain, const char *user)
{
    for (size_t i = 0; i < COUNT_OF(classes); i++) {
        if (!postconf_list_has(postconf_value(k->p, classes[i].domains), domain))
            continue;
        const char *recipients = classes[i].recipients;
        bool all = !classes[i].always && postconf_value(k->p, recipients)[0] == '\0';
        if (!all && !knows(k, recipients, user) && !is_alias(k, user))
            tell_refused(k, user, recipients);
        return;
    }
}

void doctor_recipients(struct postfix_check *k)
{
    const struct config *c = k->d->config;
    for (size_t i = 0; k->d->guest && i < c->domains && i < DOMAINS_ASKED_MAX; i++)
        if (k->d->guest[i] && strchr(k->d->guest[i], '@'))
            check_guest(k, c->domain[i].name, k->d->guest[i]);
}
