#include "ctl/change_batch.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/record_name.h"

static bool out_of_memory(struct change_batch *b)
{
    link_fail(b->run->link, "out of memory");
    return false;
}

/* Adds what reads one record: one command, or two. */
static bool add_read(struct change_batch *b, enum record_kind kind, struct span name, bool watch)
{
    char *key = stored_key(b->run->config->prefix, kind, name);
    if (!key)
        return out_of_memory(b);
    if (watch)
        LINK_ADD(b->run->link, "WATCH", key);
    LINK_ADD(b->run->link, "HGETALL", key);
    free(key);
    return true;
}

/* The answer to it. The caller frees it. */
static struct redis_reply *take_read(struct change_batch *b, bool watch)
{
    struct redis_reply *watched = watch ? link_next_good(b->run->link) : NULL;
    bool good = !watch || watched;
    redis_reply_free(watched);
    return good ? link_next(b->run->link) : NULL;
}

static bool read_stored(struct change_batch *b, enum record_kind kind,
                        const struct redis_reply *reply, struct stored *out)
{
    if (stored_read(kind, reply, out))
        return true;
    link_refuse(b->run->link, reply, "HGETALL");
    return false;
}

static bool read_all(struct change_batch *b, bool watch)
{
    for (size_t i = 0; i < b->n; i++)
        if (!add_read(b, b->change[i]->kind, span_of(b->change[i]->name), watch))
            return false;
    bool good = link_send(b->run->link);
    for (size_t i = 0; good && i < b->n; i++) {
        struct stored now;
        b->reply[i] = take_read(b, watch);
        good = b->reply[i] && read_stored(b, b->change[i]->kind, b->reply[i], &now);
        if (good && !change_judge(b->change[i], &now, b->run->config, &b->judged[i]))
            good = out_of_memory(b);
    }
    return good;
}

/* A record that others of the batch name, each read once. */
struct named {
    struct change_name *name[2 * CHANGE_BATCH];
    enum record_kind kind[2 * CHANGE_BATCH];
    size_t n;
};

static bool want(struct change_batch *b, struct named *named, enum record_kind kind,
                 const char *name)
{
    struct change_name *entry = change_names_get(b->names, kind, span_of(name));
    if (!entry)
        return out_of_memory(b);
    if (entry->round == b->round)
        return true;
    entry->round = b->round;
    named->name[named->n] = entry;
    named->kind[named->n++] = kind;
    return true;
}

static bool collect(struct change_batch *b, struct named *named)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct record *r = &b->judged[i].record;
        if (b->change[i]->effect == CHANGE_BAD)
            continue;
        if (r->group[0] && !want(b, named, RECORD_GROUP, r->group))
            return false;
        if (r->alias[0] && !want(b, named, RECORD_USER, r->alias))
            return false;
    }
    return true;
}

static bool read_named(struct change_batch *b, bool watch)
{
    struct named named = { .n = 0 };
    if (!collect(b, &named))
        return false;
    if (named.n == 0)
        return true;
    for (size_t i = 0; i < named.n; i++) {
        struct span name = span_of(strchr(named.name[i]->key, ':') + 1);
        if (!add_read(b, named.kind[i], name, watch))
            return false;
    }
    bool good = link_send(b->run->link);
    for (size_t i = 0; good && i < named.n; i++) {
        struct stored now;
        struct redis_reply *reply = take_read(b, watch);
        good = reply && read_stored(b, named.kind[i], reply, &now);
        named.name[i]->there = good && now.there;
        named.name[i]->bad = good && now.there && !now.good;
        named.name[i]->home = good ? now.record.home : HOME_UNSET;
        named.name[i]->is_alias = good && span_present(stored_value(&now, "alias"));
        redis_reply_free(reply);
    }
    return good;
}

/* A record is there when the list is through. */
static bool will_be_there(const struct change_name *n)
{
    for (size_t i = 0; n->change && i < n->change->fields; i++)
        if (n->change->field[i].value)
            return true;
    return n->there && !(n->change && n->change->whole);
}

/* Of a change to it another check says whether it comes to be good. */
static bool will_be_bad(const struct change_name *n)
{
    return n->bad && !n->change;
}

static bool will_be_alias(const struct change_name *n)
{
    return n->change && change_names(n->change, "alias") ? change_value(n->change, "alias") != NULL
                                                         : n->is_alias;
}

static bool judge_alias(struct change *c, const struct record *r, struct change_names *names)
{
    const char *domain = strrchr(c->name, '@');
    const char *other = strrchr(r->alias, '@');
    const struct change_name *target = change_names_find(names, RECORD_USER, span_of(r->alias));
    const struct change_name *self = change_names_find(names, RECORD_USER, span_of(c->name));
    if (strcmp(r->alias, c->name) == 0)
        return change_refuse(c, "alias is the address itself");
    if (!domain || !other || strcmp(domain, other) != 0)
        return change_refuse(c, "alias is '%s', in another domain: set home and route instead",
                             r->alias);
    if (target && will_be_bad(target))
        return change_refuse(c, "alias '%s' has a bad record: coexistctl user show %s", r->alias,
                             r->alias);
    if (target && will_be_alias(target))
        return change_refuse(c, "alias '%s' is itself an alias: name the mailbox that it leads to",
                             r->alias);
    if (self && self->alias)
        return change_refuse(c, "'%s' is an alias of it already: an alias leads to no alias",
                             self->alias);
    return true;
}

static bool judge_group_use(struct change *c, const struct record *r, struct change_names *names)
{
    const struct change_name *group = change_names_find(names, RECORD_GROUP, span_of(r->group));
    if (group && will_be_bad(group))
        return change_refuse(c, "group '%s' has a bad record: coexistctl group show %s", r->group,
                             r->group);
    if (group && will_be_there(group))
        return true;
    return change_refuse(c, "group '%s' has no record: coexistctl group set %s home=...", r->group,
                         r->group);
}

/* Where nothing of the user's own says it, he lives where the group does. */
static void judge_way_by_group(struct change *c, const struct record *r,
                               const struct change_batch *b)
{
    const struct change_name *group = change_names_find(b->names, RECORD_GROUP, span_of(r->group));
    struct span domain = record_name_domain(span_of(c->name));
    if (group && r->home == HOME_UNSET && c->effect != CHANGE_BAD)
        c->no_route = change_lacks_way(group->home, r->route,
                                       config_find_domain(b->run->config, domain), b->run->config);
}

static bool judge_removal(struct change *c, struct change_names *names)
{
    const struct change_name *group = change_names_find(names, RECORD_GROUP, span_of(c->name));
    if (!group || group->users == 0)
        return true;
    return change_refuse(c, "%zu users are in it, as %s: take them out of it first", group->users,
                         group->user);
}

static bool judge_with_others(struct change_batch *b, size_t i)
{
    struct change *c = b->change[i];
    const struct record *r = &b->judged[i].record;
    if (c->effect == CHANGE_BAD || c->effect == CHANGE_NONE)
        return true;
    if (c->effect == CHANGE_REMOVES)
        return c->kind != RECORD_GROUP || judge_removal(c, b->names);
    if (r->alias[0] && !judge_alias(c, r, b->names))
        return false;
    if (!r->group[0] || c->effect == CHANGE_BAD)
        return true;
    judge_way_by_group(c, r, b);
    return judge_group_use(c, r, b->names);
}

bool change_batch_judge(struct change_batch *b, bool watch)
{
    b->round++;
    if (!read_all(b, watch) || !read_named(b, watch))
        return false;
    for (size_t i = 0; i < b->n; i++)
        if (!judge_with_others(b, i))
            return out_of_memory(b);
    return true;
}

void change_batch_clear(struct change_batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        redis_reply_free(b->reply[i]);
        b->reply[i] = NULL;
    }
    b->n = 0;
}
