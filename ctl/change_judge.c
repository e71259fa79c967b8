#include "ctl/change_judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/route.h"
#include "ctl/subject.h"

bool change_refuse(struct change *c, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    free(c->fault);
    c->fault = n < 0 ? NULL : text;
    c->effect = CHANGE_BAD;
    return c->fault;
}

static void merge(const struct change *c, const struct stored *now, struct judged *out)
{
    out->fields = 0;
    for (size_t i = 0; i < now->fields; i++) {
        bool named = c->whole;
        for (size_t j = 0; j < c->fields; j++)
            named = named || span_eq(now->field[i].name, span_of(c->field[j].name));
        if (!named)
            out->field[out->fields++] = now->field[i];
    }
    for (size_t j = 0; j < c->fields; j++)
        if (c->field[j].value)
            out->field[out->fields++] =
                (struct record_field){ span_of(c->field[j].name), span_of(c->field[j].value) };
}

/* Every field that is to be there is there, with that value, and there are no others. */
static bool is_so_already(const struct stored *now, const struct judged *j)
{
    bool same = now->good && now->fields == j->fields;
    for (size_t i = 0; same && i < j->fields; i++) {
        bool found = false;
        for (size_t k = 0; k < now->fields; k++)
            found = found || (span_eq(now->field[k].name, j->field[i].name) &&
                              span_eq(now->field[k].value, j->field[i].value));
        same = found;
    }
    return same;
}

static enum change_effect effect_of(const struct stored *now, const struct judged *j)
{
    if (j->fields == 0)
        return now->there ? CHANGE_REMOVES : CHANGE_NONE;
    if (!now->there)
        return CHANGE_NEW;
    return is_so_already(now, j) ? CHANGE_NONE : CHANGE_ALTERS;
}

static const struct config_domain *domain_of(const struct address *a, const struct config *config)
{
    return config_find_domain(config, address_key_domain(a));
}

bool change_lacks_way(enum home home, const char *route, const struct config_domain *d,
                      const struct config *config)
{
    bool to_peer = home == HOME_BOTH || home == home_of(system_other(config->node));
    bool map = config->maps && config->system[system_other(config->node)].nexthop;
    bool by_map = map && home != HOME_BOTH;
    return to_peer && !route[0] && d && !d->route && !by_map;
}

static bool judge_route(struct change *c, const struct address *mailbox, const struct record *r)
{
    struct buf target;
    buf_init(&target, ADDRESS_MAX);
    enum result made = route_expand(span_of(r->route), mailbox, &target);
    buf_free(&target);
    if (made == RESULT_OK)
        return true;
    return change_refuse(c, "route '%s' gives no other, valid address for this mailbox", r->route);
}

/* Whatever brings other mail to the other system, the copy needs an address there. */
static bool judge_copy(struct change *c, const struct config_domain *d, const struct config *config)
{
    if (!change_lacks_way(HOME_BOTH, "", d, config))
        return true;
    return change_refuse(c,
                         "home is both, and nothing says by which address the other system has its "
                         "copy: set route=ADDRESS too, or `route` in the domain's block of %s",
                         config->file);
}

/* The address that has this key. */
static bool read_key(const char *key, struct address *out)
{
    struct buf text;
    buf_init(&text, ADDRESS_MAX);
    subject_write_address(&text, span_of(key));
    bool good = buf_ok(&text) && address_parse(buf_span(&text), out) == RESULT_OK;
    buf_free(&text);
    if (good && out->kind == ADDRESS_MAILBOX && strcmp(out->key, key) == 0)
        return true;
    if (good)
        address_free(out);
    return false;
}

static bool judge_user(struct change *c, const struct config *config, const struct record *r)
{
    struct address a = { .kind = ADDRESS_NULL };
    bool good = true;
    if (!read_key(c->name, &a))
        good = change_refuse(c, "is not an address in lower case; write user@example.com");
    else if (!domain_of(&a, config))
        good = change_refuse(c, "is in none of the domains of %s", config->file);
    else if (r->route[0])
        good = judge_route(c, &a, r);
    else if (r->home == HOME_BOTH)
        good = judge_copy(c, domain_of(&a, config), config);
    if (c->effect != CHANGE_BAD)
        c->no_route = change_lacks_way(r->home, r->route, domain_of(&a, config), config);
    address_free(&a);
    return good;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

static bool judge_group(struct change *c)
{
    if (c->name[0] == '\0' || strlen(c->name) > RECORD_GROUP_MAX || has_control(c->name))
        return change_refuse(c, "is not the name of a group: 1 to %d octets without controls",
                             RECORD_GROUP_MAX);
    c->no_route = c->stranded > 0;
    return true;
}

static bool judge_domain(struct change *c, const struct config *config, const struct record *r)
{
    const struct config_domain *d = config_find_domain(config, span_of(c->name));
    c->no_route = change_lacks_way(r->home, "", d, config);
    if (d)
        return true;
    return change_refuse(c, "is none of the domains of %s", config->file);
}

/* The one field without a limit of the schema's: but it must fit into an event, and the record into
 * what is read of Redis in one answer. What somebody else has written does not hinder. */
static bool judge_note(struct change *c, const struct stored *now)
{
    const char *note = change_value(c, "note");
    if (!note || strlen(note) <= CHANGE_NOTE_MAX ||
        span_eq(stored_value(now, "note"), span_of(note)))
        return true;
    return change_refuse(c, "note has %zu octets, more than %d", strlen(note), CHANGE_NOTE_MAX);
}

static bool judge_subject(struct change *c, const struct config *config, const struct record *r)
{
    switch (c->kind) {
    case RECORD_USER:
        return judge_user(c, config, r);
    case RECORD_GROUP:
        return judge_group(c);
    case RECORD_DOMAIN:
        return judge_domain(c, config, r);
    }
    return true;
}

bool change_judge(struct change *c, const struct stored *now, const struct config *config,
                  struct judged *out)
{
    char fault[RECORD_FAULT_MAX];
    merge(c, now, out);
    c->was = now->there && now->good ? now->record.home : HOME_UNSET;
    c->no_route = false;
    c->effect = effect_of(now, out);
    out->record = (struct record){ .kind = c->kind };
    if (out->fields == 0)
        return true;
    if (now->there && !now->good && now->fields == 0)
        return change_refuse(c, "%s", now->fault);
    if (!record_read(c->kind, out->field, out->fields, &out->record, fault))
        return change_refuse(c, "%s", fault);
    if (!judge_note(c, now))
        return false;
    return c->effect == CHANGE_BAD || judge_subject(c, config, &out->record);
}
