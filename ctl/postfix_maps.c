#include "ctl/postfix_maps.h"

#include <stdio.h>
#include <string.h>

#define REWRITE "rewrite-smtpd"

/* `socketmap:unix:coexist/maps.sock:transport`; empty without `maps`. */
static void spell(const struct postfix_writer *w, const char *table, struct buf *out)
{
    struct endpoint socket;
    buf_init(out, ENDPOINT_TEXT_MAX + 64);
    if (!w->c->maps || !endpoint_of_listen(w->c->maps, &socket))
        return;
    buf_adds(out, "socketmap:");
    endpoint_for_postfix(&socket, w->queue, out);
    buf_addf(out, ":%s", table);
}

/* The maps know a way to the other system. */
static bool is_mapped(const struct config *c)
{
    return c->maps && c->system[system_other(c->node)].nexthop;
}

static bool has_own_rewrite(const struct postconf_service *s)
{
    for (size_t i = 0; i < s->owns; i++)
        if (strcmp(s->own[i].name, "rewrite_service_name") == 0 &&
            strcmp(s->own[i].value, REWRITE) == 0)
            return true;
    return false;
}

/* Every smtpd that is there resolves by a service of its own already. */
static bool all_rewrite(const struct postconf *p)
{
    size_t smtpds = 0;
    for (size_t i = 0; p && i < p->services; i++) {
        const struct postconf_service *s = &p->service[i];
        if (strcmp(s->command, "smtpd") != 0)
            continue;
        if (!has_own_rewrite(s))
            return false;
        smtpds++;
    }
    return smtpds > 0;
}

/* All of the list but one table. */
static void copy_without(const char *list, const char *table, struct buf *out)
{
    struct span rest = span_of(list), item;
    while (postconf_list_next(&rest, &item))
        if (!span_eq(item, span_of(table)))
            buf_addf(out, "%s%.*s", out->n > 0 ? ", " : "", SPAN_ARG(item));
}

/* A service for smtpd(8) that resolves by all tables but the map. */
static void add_service(struct postfix_writer *w, const char *map)
{
    const char *all = postfix_lines_value(w->to, "transport_maps");
    struct buf others;
    buf_init(&others, POSTFIX_TEXT_MAX);
    copy_without(all ? all : "", map, &others);
    buf_adds(&w->to->master, REWRITE " unix - - n - - trivial-rewrite\n");
    if (others.n > 0)
        buf_addf(&w->to->master, "    -o { transport_maps = %s }\n", buf_text(&others));
    else
        buf_adds(&w->to->master, "    -o transport_maps=\n");
    if (!buf_ok(&others))
        w->to->failed = true;
    buf_free(&others);
}

/* smtpd(8) remembers what it resolved for as long as it lives: without the map, it has no next hop
 * to remember. */
static void add_rewrite(struct postfix_writer *w, const char *map)
{
    if (!w->p || !postconf_service_find(w->p, SPAN_LIT(REWRITE), "unix"))
        add_service(w, map);
    if (!all_rewrite(w->p))
        postfix_writer_note(
            w, "give each smtpd in master.cf the option -o rewrite_service_name=" REWRITE
               ": it remembers the next hop of a mailbox, or that it is moving, for as "
               "long as it lives");
}

static void write_transport(struct postfix_writer *w)
{
    struct buf map;
    spell(w, "transport", &map);
    bool mapped = is_mapped(w->c);
    const char *const tables[] = { mapped ? buf_text(&map) : "", buf_text(&w->inlined) };
    if (w->c->maps && !mapped)
        postfix_writer_note(w,
                            "system %s has no `nexthop`: the maps know no way there, and "
                            "transport_maps needs none of them",
                            system_name(system_other(w->c->node)));
    if (mapped || w->inlined.n > 0)
        postfix_writer_tables(w, "transport_maps", tables, 2);
    if (mapped)
        add_rewrite(w, buf_text(&map));
    buf_free(&map);
}

/* Where Postfix looks for the recipients of a domain; NULL: that cannot be told. */
static const char *recipients_of(const struct postfix_writer *w, const char *domain)
{
    if (!w->p || postconf_list_has(postconf_value(w->p, "relay_domains"), domain))
        return "relay_recipient_maps";
    if (postconf_list_has(postconf_value(w->p, "mydestination"), domain))
        return "local_recipient_maps";
    /* virtual(8) takes what this table answers for the name of a mailbox. */
    const char *transport = postconf_value(w->p, "virtual_transport");
    if (postconf_list_has(postconf_value(w->p, "virtual_mailbox_domains"), domain) &&
        strcmp(transport, "virtual") != 0 && strncmp(transport, "virtual:", 8) != 0)
        return "virtual_mailbox_maps";
    return NULL;
}

/* A primary rejects whom no record knows, in domains without a home. */
static bool is_closed(const struct config *c, const struct config_domain *d)
{
    return c->maps && c->node == SYSTEM_PRIMARY && d->home == HOME_UNSET && d->mode == MODE_ENFORCE;
}

static void write_recipients(struct postfix_writer *w)
{
    struct buf map;
    spell(w, "recipients", &map);
    const char *const tables[] = { buf_text(&map) };
    for (size_t i = 0; i < w->c->domains; i++) {
        if (!is_closed(w->c, &w->c->domain[i]))
            continue;
        const char *name = recipients_of(w, w->c->domain[i].name);
        if (!name)
            postfix_writer_note(w,
                                "put %s into what says who exists in %s: relay_recipient_maps, "
                                "local_recipient_maps, or, but for virtual(8), "
                                "virtual_mailbox_maps",
                                buf_text(&map), w->c->domain[i].name);
        else if (!postfix_lines_value(w->to, name))
            postfix_writer_tables(w, name, tables, 1);
    }
    buf_free(&map);
}

void postfix_maps_write(struct postfix_writer *w)
{
    write_transport(w);
    write_recipients(w);
}
