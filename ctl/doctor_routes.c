#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "ctl/doctor_postfix.h"
#include "ctl/route_domain.h"

#define KEY_MAX 600
#define ANSWER_SHOWN 200
#define DOMAINS_ASKED_MAX 20 /* route domains that maps are asked for: each takes some programs */

/* Maps that change an address before it is queued. */
static const char *const rewriting[] = { "virtual_alias_maps", "canonical_maps",
                                         "recipient_canonical_maps" };

/* Lists of domains whose mail Postfix takes for its own. */
static const char *const local[] = { "mydestination", "virtual_alias_domains",
                                     "virtual_mailbox_domains" };

/* `$name` in a list of domains stands for another list; what is left is a table or a domain. */
static bool is_table(struct span item)
{
    return span_find(item, ':') < item.n;
}

/* Told once, however often it is asked. */
static void tell_unreadable(struct postfix_check *k, const char *name, struct span map,
                            const char *why)
{
    char words[FINDING_TEXT_MAX / 2];
    struct findings *f = &k->d->found;
    snprintf(words, sizeof(words), "%s: %.*s: ", name, SPAN_ARG(map));
    if (findings_tell(f, "map-unreadable", words))
        return;
    finding_begin(f, SEVERITY_WARNING, "map-unreadable");
    finding_what(f, "%s%.*s", words, ANSWER_SHOWN, why);
    finding_causes(f, "Postfix defers mail that needs it; what it says of route domains is not "
                      "checked");
    finding_mend(f, "postmap -q test '%.*s'", SPAN_ARG(map));
}

/* Asks the maps of a list for a key, one after the other; the first answer in *value, which the
 * caller frees. False where none of them has it. */
static bool ask(struct postfix_check *k, const char *name, const char *list, const char *key,
                struct buf *value)
{
    struct span rest = span_of(list), map;
    buf_init(value, KEY_MAX);
    while (postconf_list_next(&rest, &map)) {
        if (!is_table(map))
            continue;
        buf_free(value);
        switch (postmap_ask(k->p, map, key, value)) {
        case POSTMAP_FOUND:
            return true;
        case POSTMAP_UNAVAILABLE:
            tell_unreadable(k, name, map, buf_text(value));
            break;
        default:
            break;
        }
    }
    return false;
}

static void check_rewriting(struct postfix_check *k, const struct route_domain *r)
{
    char whole[KEY_MAX];
    struct findings *f = &k->d->found;
    snprintf(whole, sizeof(whole), "@%s", r->domain);
    for (size_t i = 0; i < COUNT_OF(rewriting); i++) {
        struct buf value;
        const char *list = postconf_value(k->p, rewriting[i]);
        bool found = ask(k, rewriting[i], list, r->sample, &value);
        if (!found) {
            buf_free(&value);
            found = ask(k, rewriting[i], list, whole, &value);
        }
        if (found) {
            finding_begin(f, SEVERITY_FAULT, "route-rewritten");
            finding_what(f, "%s turns %s into %.*s", rewriting[i], r->sample, ANSWER_SHOWN,
                         buf_text(&value));
            finding_causes(f, "mail that the filter diverts goes elsewhere, or back");
            finding_mend(f, "keep %s out of %s", r->domain, rewriting[i]);
        }
        buf_free(&value);
    }
}

/* The domain is in a list, as a word or in a table. */
static bool lists(struct postfix_check *k, const char *name, const char *domain)
{
    struct buf value;
    const char *list = postconf_value(k->p, name);
    if (postconf_list_has(list, domain))
        return true;
    bool found = ask(k, name, list, domain, &value);
    buf_free(&value);
    return found;
}

static void check_local(struct postfix_check *k, const struct route_domain *r)
{
    struct findings *f = &k->d->found;
    for (size_t i = 0; i < COUNT_OF(local); i++) {
        if (!lists(k, local[i], r->domain))
            continue;
        finding_begin(f, SEVERITY_FAULT, "route-local");
        finding_what(f, "%s has %s, by which the other system is reached", local[i], r->domain);
        finding_causes(f, "mail that the filter diverts is refused as for an unknown user, or kept "
                          "here");
        finding_mend(f, "take %s out of %s", r->domain, local[i]);
    }
}

/* As transport(5) is looked up: the address, the domain, the domains above it with a dot, `*`. */
static bool ask_transport(struct postfix_check *k, const struct route_domain *r, struct buf *value)
{
    const char *name = "transport_maps", *list = postconf_value(k->p, name);
    if (ask(k, name, list, r->sample, value))
        return true;
    buf_free(value);
    if (ask(k, name, list, r->domain, value))
        return true;
    for (const char *dot = strchr(r->domain, '.'); dot; dot = strchr(dot + 1, '.')) {
        buf_free(value);
        if (ask(k, name, list, dot, value))
            return true;
    }
    buf_free(value);
    return ask(k, name, list, "*", value);
}

static void tell_no_transport(struct postfix_check *k, const struct route_domain *r)
{
    struct findings *f = &k->d->found;
    finding_begin(f, SEVERITY_FAULT, "route-transport");
    finding_what(f, "transport_maps says nothing of %s", r->domain);
    finding_causes(f, "mail that the filter diverts is looked up in DNS, which has no such domain, "
                      "and bounces");
    doctor_mend_main(k, "transport_maps", postfix_lines_value(k->right, "transport_maps"));
}

static void tell_undo(struct postfix_check *k, const struct route_domain *r, const char *transport,
                      const char *maps, const char *found)
{
    struct findings *f = &k->d->found;
    finding_begin(f, SEVERITY_FAULT, found ? "undo-wrong" : "undo-missing");
    if (found)
        finding_what(f, "%s of %s makes %.*s of %s, and not %s", maps, transport, ANSWER_SHOWN,
                     found, r->sample, r->original);
    else
        finding_what(f, "the transport %s leaves %s as it is: no %s undoes it", transport,
                     r->sample, maps);
    finding_causes(f, "the other system is given an address that it does not know");
    finding_mend(f, "the lines of master.cf and the table of `coexistctl postfix-config`");
}

/* What the transport makes of the address on the wire. */
static void check_undo(struct postfix_check *k, const struct route_domain *r,
                       const struct postconf_service *s)
{
    struct buf made;
    const char *maps = strcmp(s->command, "lmtp") == 0 ? "lmtp_generic_maps" : "smtp_generic_maps";
    const char *list = postconf_service_value(k->p, s, maps);
    bool found = ask(k, maps, list, r->sample, &made);
    if (!found)
        tell_undo(k, r, s->name, maps, NULL);
    else if (strcmp(buf_text(&made), r->original) != 0)
        tell_undo(k, r, s->name, maps, buf_text(&made));
    buf_free(&made);
}

/* `toprimary:[mail.example.com]`; without a transport the default one is meant. */
static void check_transport(struct postfix_check *k, const struct route_domain *r)
{
    struct buf value;
    struct findings *f = &k->d->found;
    if (!ask_transport(k, r, &value)) {
        tell_no_transport(k, r);
        buf_free(&value);
        return;
    }
    struct span name = { value.p, span_find(buf_span(&value), ':') };
    if (name.n == 0)
        name = SPAN_LIT("smtp");
    const struct postconf_service *s = postconf_service_find(k->p, name, "unix");
    if (s) {
        check_undo(k, r, s);
    } else {
        finding_begin(f, SEVERITY_FAULT, "transport-unknown");
        finding_what(f, "transport_maps sends %s by %.*s, which master.cf does not have", r->domain,
                     SPAN_ARG(name));
        finding_causes(f, "mail that the filter diverts stays in the queue");
        finding_mend(f, "the lines of master.cf of `coexistctl postfix-config`");
    }
    buf_free(&value);
}

void doctor_routes(struct postfix_check *k)
{
    const struct config *c = k->d->config;
    size_t asked = 0;
    for (size_t i = 0; i < c->domains && asked < DOMAINS_ASKED_MAX; i++) {
        struct route_domain r;
        if (!route_domain_of(&c->domain[i], &r))
            continue;
        asked++;
        check_rewriting(k, &r);
        check_local(k, &r);
        if (r.undone)
            check_transport(k, &r);
    }
}
