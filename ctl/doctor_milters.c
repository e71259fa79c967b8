#include <stdlib.h>
#include <string.h>

#include "ctl/doctor_postfix.h"

#define PROTOCOL_LEAST 6
#define VALUE_MAX 1024

/* The filters that are listed on the wrong side of ours. */
static void check_order(struct postfix_check *k, const char *list, size_t ours, const char *where)
{
    struct span rest = span_of(list);
    struct milter_item item;
    struct findings *f = &k->d->found;
    for (size_t i = 0; milter_list_next(&rest, &item); i++) {
        if (i < ours && item.kind == MILTER_SIGNS) {
            finding_begin(f, SEVERITY_WARNING, "signer-first");
            finding_what(f, "%s: %.*s, which signs, stands before the filter", where,
                         SPAN_ARG(item.socket));
            finding_causes(f, "it signs what the filter then changes, and what is held or "
                              "rejected");
            finding_mend(f, "list the filter before those that sign");
        } else if (i > ours && item.kind == MILTER_REJECTS) {
            finding_begin(f, SEVERITY_WARNING, "rejecter-last");
            finding_what(f, "%s: %.*s, which rejects mail, stands behind the filter", where,
                         SPAN_ARG(item.socket));
            finding_causes(f, "the filter counts and tells recipients that are then refused");
            finding_mend(f, "list the filter behind those that reject");
        }
    }
}

/* An action of the filter's own in the list wins over milter_default_action. */
static const char *action_of(const char *list, size_t ours, const char *usual, char out[VALUE_MAX])
{
    struct span rest = span_of(list);
    struct milter_item item;
    for (size_t i = 0; milter_list_next(&rest, &item); i++) {
        if (i != ours || !span_present(item.default_action))
            continue;
        snprintf(out, VALUE_MAX, "%.*s", SPAN_ARG(item.default_action));
        return out;
    }
    return usual;
}

static void check_action(struct postfix_check *k, const char *list, size_t ours, const char *usual,
                         const char *where)
{
    char own[VALUE_MAX];
    struct findings *f = &k->d->found;
    const char *action = action_of(list, ours, usual, own);
    if (strcmp(action, "tempfail") == 0 || findings_have(f, "milter-default-action"))
        return;
    finding_begin(f, SEVERITY_FAULT, "milter-default-action");
    finding_what(f, "%s: milter_default_action is %s", where, action);
    finding_causes(f,
                   "mail that comes while the filter is down is %s; a crash at the wrong moment "
                   "loses a recipient",
                   strcmp(action, "accept") == 0 ? "not routed, and may loop" : "refused or held");
    doctor_mend_main(k, "milter_default_action", "tempfail");
}

static void tell_chroot(struct postfix_check *k, const char *where)
{
    struct findings *f = &k->d->found;
    if (findings_have(f, "socket-chroot"))
        return;
    finding_begin(f, SEVERITY_FAULT, "socket-chroot");
    finding_what(f, "%s runs with its root at %s, from where %s is not what leads to %s", where,
                 k->queue, k->d->config->listen, k->socket.path);
    finding_causes(f, "it does not find the filter, and defers all mail");
    if (endpoint_is_below(&k->socket, k->queue))
        doctor_mend_main(k, "smtpd_milters", postfix_lines_value(k->right, "smtpd_milters"));
    else
        finding_mend(f,
                     "listen = \"unix:%s/coexist/milter.sock\", or n in the column chroot of "
                     "master.cf",
                     k->queue);
}

static bool has(const char *list, const char *word)
{
    return postconf_list_has(list, word);
}

/* What a listener that asks the filter overrides. */
static void check_overrides(struct postfix_check *k, const struct postconf_service *s)
{
    struct findings *f = &k->d->found;
    const char *options = postconf_service_value(k->p, s, "receive_override_options");
    if (has(options, "no_milters")) {
        finding_begin(f, SEVERITY_FAULT, "no-milters");
        finding_what(f, "%s/%s: receive_override_options has no_milters", s->name, s->type);
        finding_causes(f, "mail that comes in there is not routed, whatever smtpd_milters says");
        finding_mend(f, "take no_milters out of it in master.cf, or in main.cf");
    }
    if (!has(options, "no_address_mappings") ||
        postconf_service_value(k->p, s, "content_filter")[0])
        return;
    finding_begin(f, SEVERITY_WARNING, "no-address-mappings");
    finding_what(f,
                 "%s/%s: receive_override_options has no_address_mappings, and there is no "
                 "content_filter behind which they are made up for",
                 s->name, s->type);
    finding_causes(f,
                   "aliases are not expanded, neither of recipients nor of what the filter adds");
    finding_mend(f, "take no_address_mappings out of it in master.cf, or in main.cf");
}

/* By the client's address. What a map says to whom cannot be told without knowing all clients, and
 * may be right, as for what comes back from a content filter. */
static void check_maps(struct postfix_check *k, const struct postconf_service *s)
{
    struct findings *f = &k->d->found;
    const char *maps = postconf_service_value(k->p, s, "smtpd_milter_maps");
    if (!maps[0] || findings_have(f, "milter-maps"))
        return;
    finding_begin(f, SEVERITY_NOTE, "milter-maps");
    finding_what(f, "%s/%s: smtpd_milter_maps = %s", s->name, s->type, maps);
    finding_causes(f, "mail of clients that it says DISABLE of, or a list without the filter, is "
                      "not routed: of the peer's it may loop");
    finding_mend(f, "have it say neither of any client but those that bring back mail which has "
                    "been through the filter");
}

/* One listener. True when it asks the filter. */
static bool check_listener(struct postfix_check *k, const struct postconf_service *s)
{
    size_t at;
    const char *list = postconf_service_value(k->p, s, "smtpd_milters");
    enum milter_reach reach = milter_list_find(list, &k->socket, k->queue, s->chrooted, &at);
    if (reach == REACH_NOT)
        return false;
    if (reach == REACH_WRONG)
        tell_chroot(k, s->name);
    check_order(k, list, at, s->name);
    check_action(k, list, at, postconf_service_value(k->p, s, "milter_default_action"), s->name);
    check_overrides(k, s);
    check_maps(k, s);
    return true;
}

/* Behind a content filter, mail comes back by a listener of this host that nobody else reaches. */
static bool is_inner(const struct postconf_service *s)
{
    struct span name = span_of(s->name);
    return span_istarts(name, SPAN_LIT("127.")) || span_istarts(name, SPAN_LIT("localhost:")) ||
           span_istarts(name, SPAN_LIT("[127.")) || span_istarts(name, SPAN_LIT("[::1]:"));
}

static void tell_unfiltered(struct postfix_check *k, const struct postconf_service *s)
{
    struct findings *f = &k->d->found;
    finding_begin(f, SEVERITY_WARNING, "listener-unfiltered");
    finding_what(f, "%s/%s does not ask the filter", s->name, s->type);
    finding_causes(f, "mail that comes in there goes by Postfix's own rules: to mailboxes that "
                      "have moved away, or round and round");
    finding_mend(f, "take smtpd_milters out of its options in master.cf");
}

static bool is_asked_by(const struct postfix_check *k, const struct postconf_service *s)
{
    size_t at;
    return milter_list_find(postconf_service_value(k->p, s, "smtpd_milters"), &k->socket, k->queue,
                            s->chrooted, &at) != REACH_NOT;
}

static void tell_no_listener(struct postfix_check *k)
{
    size_t at;
    const char *name = "smtpd_milters", *list = postconf_value(k->p, name);
    struct findings *f = &k->d->found;
    finding_begin(f, SEVERITY_FAULT, "smtpd-milters");
    finding_what(f, "no smtpd has the filter at %s in its %s", k->d->config->listen, name);
    finding_causes(f, "no mail that comes by SMTP is routed");
    if (milter_list_find(list, &k->socket, k->queue, false, &at) != REACH_NOT)
        finding_mend(f, "take %s out of the options of smtpd in master.cf: main.cf has it", name);
    else
        doctor_mend_main(k, name, postfix_lines_value(k->right, name));
}

static void check_listeners(struct postfix_check *k)
{
    bool any = false;
    for (size_t i = 0; i < k->p->services; i++)
        if (doctor_is_listener(&k->p->service[i]))
            any = check_listener(k, &k->p->service[i]) || any;
    if (!any) {
        tell_no_listener(k);
        return;
    }
    for (size_t i = 0; i < k->p->services; i++) {
        const struct postconf_service *s = &k->p->service[i];
        if (doctor_is_listener(s) && !is_inner(s) && !is_asked_by(k, s))
            tell_unfiltered(k, s);
    }
}

/* cleanup(8) is the one that asks for mail that comes by no SMTP. */
static void check_cleanup(struct postfix_check *k)
{
    size_t at;
    struct findings *f = &k->d->found;
    const struct postconf_service *s = postconf_service_find(k->p, SPAN_LIT("cleanup"), "unix");
    const char *list = s ? postconf_service_value(k->p, s, "non_smtpd_milters")
                         : postconf_value(k->p, "non_smtpd_milters");
    enum milter_reach reach = milter_list_find(list, &k->socket, k->queue, s && s->chrooted, &at);
    if (reach == REACH_WRONG)
        tell_chroot(k, "cleanup");
    if (reach != REACH_NOT) {
        check_order(k, list, at, "non_smtpd_milters");
        check_action(k, list, at, postconf_value(k->p, "milter_default_action"),
                     "non_smtpd_milters");
        return;
    }
    finding_begin(f, SEVERITY_FAULT, "non-smtpd-milters");
    finding_what(f, "non_smtpd_milters has no filter at %s", k->d->config->listen);
    finding_causes(f, "mail that is submitted on this host, and bounces, are not routed");
    doctor_mend_main(k, "non_smtpd_milters", postfix_lines_value(k->right, "non_smtpd_milters"));
}

static void check_protocol(struct postfix_check *k)
{
    struct findings *f = &k->d->found;
    const char *protocol = postconf_value(k->p, "milter_protocol");
    if (strtol(protocol, NULL, 10) >= PROTOCOL_LEAST)
        return;
    finding_begin(f, SEVERITY_FAULT, "milter-protocol");
    finding_what(f, "milter_protocol is %s", protocol);
    finding_causes(f, "the filter cannot say what it needs, and is refused or slow");
    doctor_mend_main(k, "milter_protocol", "6");
}

static void check_bounces(struct postfix_check *k)
{
    const char *name = "internal_mail_filter_classes";
    struct findings *f = &k->d->found;
    if (has(postconf_value(k->p, name), "bounce"))
        return;
    finding_begin(f, SEVERITY_WARNING, "bounces-unfiltered");
    finding_what(f, "%s has no bounce", name);
    finding_causes(f, "bounces that this Postfix makes go by its own rules, and miss a sender who "
                      "has moved");
    doctor_mend_main(k, name, postfix_lines_value(k->right, name));
}

void doctor_milters(struct postfix_check *k)
{
    check_listeners(k);
    check_cleanup(k);
    check_protocol(k);
    check_bounces(k);
}
