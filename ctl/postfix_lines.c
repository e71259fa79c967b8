#include "ctl/postfix_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/milter_list.h"
#include "ctl/postfix_maps.h"
#include "ctl/route_domain.h"

static void add_milters(struct postfix_writer *w, const char *name)
{
    struct buf list;
    buf_init(&list, POSTFIX_TEXT_MAX);
    milter_list_with(postfix_writer_value(w, name), &w->socket, w->queue, &list);
    if (!buf_ok(&list))
        w->to->failed = true;
    postfix_writer_main(w, name, buf_text(&list));
    buf_free(&list);
}

static void add_bounce_class(struct postfix_writer *w)
{
    const char *name = "internal_mail_filter_classes";
    const char *now = postfix_writer_value(w, name);
    char both[POSTFIX_NOTE_MAX];
    bool has = postconf_list_has(now, "bounce");
    snprintf(both, sizeof(both), "%s%sbounce", now, now[0] ? ", " : "");
    postfix_writer_main(w, name, has ? now : both);
}

static void note_socket(struct postfix_writer *w)
{
    if (w->socket.local && !endpoint_is_below(&w->socket, w->queue))
        postfix_writer_note(
            w,
            "the socket is outside of %s: a smtpd or cleanup with y in the column chroot of "
            "master.cf cannot reach it; set `listen` to a path below, or the column to n",
            w->queue);
}

static void add_filter(struct postfix_writer *w)
{
    add_milters(w, "smtpd_milters");
    add_milters(w, "non_smtpd_milters");
    add_bounce_class(w);
    postfix_writer_main(w, "milter_default_action", "tempfail");
    postfix_writer_main(w, "milter_protocol", "6");
    note_socket(w);
}

static void add_addresses(struct postfix_writer *w)
{
    const char delimiter[] = { w->c->recipient_delimiter, '\0' };
    postfix_writer_main(w, "recipient_delimiter", delimiter);
    if (w->c->myorigin)
        postfix_writer_main(w, "myorigin", w->c->myorigin);
    else
        postfix_writer_note(w,
                            "recipients without a domain are left alone: refuse them by "
                            "reject_non_fqdn_recipient among smtpd_recipient_restrictions, or set "
                            "`myorigin`");
}

/* Where the peer is: `nexthop`, else its first host that is no pattern. */
static bool find_next_hop(struct postfix_writer *w, char *out, size_t room)
{
    enum system peer = system_other(w->c->node);
    const struct config_system *s = &w->c->system[peer];
    if (s->nexthop)
        return snprintf(out, room, "%s", s->nexthop) < (int)room;
    for (size_t i = 0; i < s->hosts.n; i++) {
        if (s->hosts.item[i][0] == '*')
            continue;
        postfix_writer_note(w, "system %s has no `nexthop`: its first host stands in for it",
                            system_name(peer));
        return snprintf(out, room, "smtp:[%s]", s->hosts.item[i]) < (int)room;
    }
    snprintf(w->why, POSTFIX_LINES_WHY_MAX,
             "system %s: set `nexthop`: all its hosts are patterns, and mail for it must go to one",
             system_name(peer));
    return false;
}

/* The transport of route domains: a client that undoes them. One that is neither smtp nor lmtp is a
 * client of the administrator's, with options that are not known here. */
static void add_transport(struct postfix_writer *w, struct span client)
{
    const char *peer = system_name(system_other(w->c->node));
    bool lmtp = span_eq(client, SPAN_LIT("lmtp"));
    const char *program = lmtp ? "lmtp" : "smtp";
    if (!lmtp && !span_eq(client, SPAN_LIT("smtp")) && !span_eq(client, SPAN_LIT("relay")))
        postfix_writer_note(
            w, "to%s takes the place of %.*s: give it the options that one has in master.cf", peer,
            SPAN_ARG(client));
    buf_addf(&w->to->master, "to%s unix - - n - - %s\n    -o %s_generic_maps=regexp:%s\n", peer,
             program, program, buf_text(&w->to->undo_file));
}

/* Two domains that one template brings to the same address cannot be told apart again. */
static bool clashes(struct postfix_writer *w, const struct route_domain *r, struct span lines)
{
    char before[ROUTE_UNDO_MAX + 8];
    struct span line;
    snprintf(before, sizeof(before), "/%s/ ", r->pattern);
    while (span_split(&lines, '\n', &line)) {
        if (!span_istarts(line, span_of(before)))
            continue;
        snprintf(
            w->why, POSTFIX_LINES_WHY_MAX,
            "the route that makes %.200s is that of another domain too, and could not be undone: "
            "put %%d into it, as in %%u@%%d.%s.invalid",
            r->sample, system_name(system_other(w->c->node)));
        return true;
    }
    return false;
}

static bool add_undo(struct postfix_writer *w, const struct route_domain *r)
{
    char line[2 * ROUTE_UNDO_MAX + 8];
    struct span lines = buf_span(&w->to->undo), one;
    int n = snprintf(line, sizeof(line), "/%s/  %s", r->pattern, r->undo);
    while (span_split(&lines, '\n', &one))
        if (span_eq(one, span_of(line)))
            return true;
    if (n < 0 || (size_t)n >= sizeof(line) || clashes(w, r, buf_span(&w->to->undo)))
        return false;
    buf_addf(&w->to->undo, "%s\n", line);
    return true;
}

static bool has_entry(const struct buf *transports, const char *key)
{
    char begin[ROUTE_KEY_MAX + sizeof("{ =")];
    snprintf(begin, sizeof(begin), "{ %s =", key);
    return strstr(buf_text(transports), begin);
}

/* The lines for one domain: `{ .primary.invalid = toprimary:[mail.example.com]:25 }`. */
static bool add_route(struct postfix_writer *w, const struct config_domain *d, const char *next_hop,
                      struct buf *transports)
{
    struct route_domain r;
    struct span hop = span_of(next_hop);
    if (!route_domain_of(d, &r))
        return true;
    bool given = w->c->system[system_other(w->c->node)].nexthop;
    if (!r.undone && !given) {
        postfix_writer_note(
            w, "%s is reached by its MX: `nexthop` of the system would say another way", r.domain);
        return true;
    }
    if (r.undone && !add_undo(w, &r))
        return false;
    if (has_entry(transports, r.key))
        return true;
    buf_addf(transports, " { %s = ", r.key);
    if (r.undone)
        buf_addf(transports, "to%s:%.*s }", system_name(system_other(w->c->node)),
                 SPAN_ARG(span_from(hop, span_find(hop, ':') + 1)));
    else
        buf_addf(transports, "%s }", next_hop);
    return true;
}

static bool any_route(const struct config *c)
{
    for (size_t i = 0; i < c->domains; i++)
        if (c->domain[i].route)
            return true;
    return false;
}

static bool add_routes(struct postfix_writer *w)
{
    char next_hop[ENDPOINT_TEXT_MAX];
    struct buf transports;
    if (!any_route(w->c))
        return true;
    if (!find_next_hop(w, next_hop, sizeof(next_hop)))
        return false;
    buf_init(&transports, POSTFIX_TEXT_MAX);
    bool good = true;
    for (size_t i = 0; good && i < w->c->domains; i++)
        good = add_route(w, &w->c->domain[i], next_hop, &transports);
    if (!buf_ok(&transports))
        w->to->failed = true;
    if (transports.n > 0)
        buf_addf(&w->inlined, "inline:{%s }", buf_text(&transports));
    if (good && w->to->undo.n > 0)
        add_transport(w, (struct span){ next_hop, strcspn(next_hop, ":") });
    buf_free(&transports);
    return good;
}

bool postfix_lines_make(const struct config *c, const struct postconf *p, struct postfix_lines *out,
                        char why[POSTFIX_LINES_WHY_MAX])
{
    struct postfix_writer w = { .c = c, .p = p, .to = out, .why = why };
    const char *folder = p ? postconf_value(p, "config_directory") : POSTFIX_CONFIG_USUAL;
    w.queue = p ? postconf_value(p, "queue_directory") : POSTFIX_QUEUE_USUAL;
    *out = (struct postfix_lines){ 0 };
    buf_init(&out->master, POSTFIX_TEXT_MAX);
    buf_init(&out->undo, POSTFIX_TEXT_MAX);
    buf_init(&out->undo_file, ENDPOINT_TEXT_MAX);
    buf_addf(&out->undo_file, "%s/" POSTFIX_UNDO_FILE, folder);
    if (!endpoint_of_listen(c->listen, &w.socket)) {
        snprintf(why, POSTFIX_LINES_WHY_MAX, "listen: '%.64s' is too long", c->listen);
        return false;
    }
    buf_init(&w.inlined, POSTFIX_TEXT_MAX);
    add_filter(&w);
    add_addresses(&w);
    bool good = add_routes(&w);
    if (good)
        postfix_maps_write(&w);
    out->failed = out->failed || !buf_ok(&w.inlined);
    buf_free(&w.inlined);
    if (!good)
        return false;
    snprintf(why, POSTFIX_LINES_WHY_MAX, "the lines grow too long");
    return !out->failed && buf_ok(&out->master) && buf_ok(&out->undo) && buf_ok(&out->undo_file);
}

void postfix_lines_free(struct postfix_lines *l)
{
    for (size_t i = 0; i < l->mains; i++)
        free(l->main[i].value);
    for (size_t i = 0; i < l->notes; i++)
        free(l->note[i]);
    buf_free(&l->master);
    buf_free(&l->undo);
    buf_free(&l->undo_file);
    *l = (struct postfix_lines){ 0 };
}

const char *postfix_lines_value(const struct postfix_lines *l, const char *name)
{
    for (size_t i = 0; i < l->mains; i++)
        if (strcmp(l->main[i].name, name) == 0)
            return l->main[i].value;
    return NULL;
}
