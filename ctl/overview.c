#include "ctl/overview.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/scan.h"
#include "ctl/stream.h"
#include "state/fault.h"
#include "sys/clock.h"

#define MS_PER_S 1000

struct reading {
    struct link *link;
    const struct config *config;
    struct overview *out;
    bool no_memory;
};

static struct overview_group *group_get(struct reading *r, struct span name)
{
    struct overview_group *g = NULL;
    HASH_FIND(hh, r->out->group, name.p, name.n, g);
    if (g)
        return g;
    g = calloc(1, sizeof(*g));
    if (g && (g->name = strndup(name.n ? name.p : "", name.n))) {
        HASH_ADD_KEYPTR(hh, r->out->group, g->name, name.n, g);
        if (g->hh.tbl)
            return g;
    }
    if (g)
        free(g->name);
    free(g);
    r->no_memory = true;
    return NULL;
}

static struct span field_of(const struct scanned *s, const char *name)
{
    for (size_t i = 0; i < s->fields; i++)
        if (span_eq(s->field[i].name, span_of(name)))
            return s->field[i].value;
    return SPAN_ABSENT;
}

static bool take_group(void *arg, const struct scanned *s)
{
    struct reading *r = arg;
    struct overview_group *g = group_get(r, s->name);
    struct span note = field_of(s, "note");
    if (!g)
        return false;
    g->there = true;
    g->good = s->good;
    g->home = s->good ? s->record->home : HOME_UNSET;
    g->note = note.p ? strndup(note.p, note.n) : NULL;
    r->out->bad += !s->good;
    return true;
}

/* What a domain's record says of users without a home of their own. */
struct domain_home {
    char *name;
    enum home home;
    UT_hash_handle hh;
};

struct users {
    struct reading *reading;
    struct domain_home *domain;
};

static bool take_domain(void *arg, const struct scanned *s)
{
    struct users *u = arg;
    struct domain_home *d = calloc(1, sizeof(*d));
    u->reading->out->bad += !s->good;
    if (d && (d->name = strndup(s->name.p, s->name.n))) {
        d->home = s->good ? s->record->home : HOME_UNSET;
        HASH_ADD_KEYPTR(hh, u->domain, d->name, s->name.n, d);
        if (d->hh.tbl)
            return true;
    }
    if (d)
        free(d->name);
    free(d);
    u->reading->no_memory = true;
    return false;
}

static enum home home_of_domain(const struct users *u, struct span address)
{
    struct span name = record_name_domain(address);
    struct domain_home *d = NULL;
    HASH_FIND(hh, u->domain, name.p, name.n, d);
    if (d && d->home != HOME_UNSET)
        return d->home;
    const struct config_domain *c = config_find_domain(u->reading->config, name);
    return c ? c->home : HOME_UNSET;
}

static bool take_user(void *arg, const struct scanned *s)
{
    struct users *u = arg;
    struct overview *out = u->reading->out;
    struct overview_group *g = NULL;
    if (!s->good || s->record->alias[0]) {
        out->bad += !s->good;
        out->aliases += s->good;
        return true;
    }
    enum home home = s->record->home;
    if (s->record->group[0] && !(g = group_get(u->reading, span_of(s->record->group))))
        return false;
    if (home == HOME_UNSET && g)
        home = g->home;
    if (home == HOME_UNSET)
        home = home_of_domain(u, s->name);
    out->users++;
    out->homes[home]++;
    if (g) {
        g->users++;
        g->homes[home]++;
    }
    return true;
}

static void free_domains(struct domain_home *first)
{
    struct domain_home *d = first;
    HASH_CLEAR(hh, first);
    while (d) {
        struct domain_home *next = d->hh.next;
        free(d->name);
        free(d);
        d = next;
    }
}

static enum status read_records(struct reading *r)
{
    const char *prefix = r->config->prefix;
    struct users u = { r, NULL };
    enum status s = scan_records(r->link, prefix, RECORD_GROUP, take_group, r);
    if (s == STATUS_YES)
        s = scan_records(r->link, prefix, RECORD_DOMAIN, take_domain, &u);
    if (s == STATUS_YES && !r->no_memory)
        s = scan_records(r->link, prefix, RECORD_USER, take_user, &u);
    free_domains(u.domain);
    return s;
}

static void see_node(struct reading *r, const struct event *e)
{
    struct span name = event_get(e, "node");
    struct overview_node *n = NULL;
    if (!span_present(name) || HASH_COUNT(r->out->node) >= OVERVIEW_NODES_MAX)
        return;
    HASH_FIND(hh, r->out->node, name.p, name.n, n);
    if (!n && (n = calloc(1, sizeof(*n)))) {
        n->name = strndup(name.n ? name.p : "", name.n);
        if (n->name)
            HASH_ADD_KEYPTR(hh, r->out->node, n->name, name.n, n);
        if (!n->name || !n->hh.tbl) {
            free(n->name);
            free(n);
            n = NULL;
        }
    }
    if (!n) {
        r->no_memory = true;
        return;
    }
    n->decisions++;
    if (n->seen_ms < e->ms)
        n->seen_ms = e->ms;
}

static bool take_event(void *arg, const struct event *e)
{
    struct reading *r = arg;
    struct overview *out = r->out;
    if (!event_is_decision(e))
        return true;
    out->decisions++;
    out->conflicts += event_is(e, "reason", "conflict");
    out->loops += event_is(e, "loop", "pingpong") || event_is(e, "loop", "hops");
    see_node(r, e);
    return !r->no_memory;
}

static enum status read_events(struct reading *r)
{
    struct stream stream;
    struct event_id hour = { (uint64_t)(r->out->now_ms - OVERVIEW_HOUR_MS), 0 };
    if (!stream_init(&stream, r->link, r->config->prefix)) {
        link_fail(r->link, "out of memory");
        return STATUS_UNAVAILABLE;
    }
    enum status s = stream_backward(&stream, hour, take_event, r);
    stream_free(&stream);
    r->out->events = r->config->events_max > 0;
    return s;
}

/* Where Redis answers, and the stream alone cannot be read, all the rest is told all the same. */
static enum status read_hour(struct reading *r)
{
    char why[RECORD_FAULT_MAX];
    enum status s = read_events(r);
    if (s == STATUS_YES)
        return s;
    fault_set(why, "%s", link_why(r->link));
    struct redis_reply *pong = link_connect(r->link) ? LINK_ASK(r->link, "PING") : NULL;
    redis_reply_free(pong);
    if (!pong)
        return s;
    memcpy(r->out->events_fault, why, sizeof(why));
    return STATUS_YES;
}

static uint64_t number_item(const struct redis_reply *list, size_t i)
{
    const struct redis_reply *item = redis_reply_item(list, i);
    uint64_t n = 0;
    if (redis_reply_kind(item) == REDIS_NUMBER)
        return (uint64_t)redis_reply_number(item);
    span_number(redis_reply_text(item), &n);
    return n;
}

/* ROLE: of a master its offset and [address, port, offset] of each replica; of a replica whether it
 * is connected. */
static void read_role(struct overview *out, const struct redis_reply *role)
{
    struct span name = redis_reply_text(redis_reply_item(role, 0));
    const struct redis_reply *replicas = redis_reply_item(role, 2);
    out->role = strndup(name.n ? name.p : "", name.n);
    if (!span_eq(name, SPAN_LIT("master"))) {
        out->down = !span_eq(redis_reply_text(redis_reply_item(role, 3)), SPAN_LIT("connected"));
        return;
    }
    uint64_t offset = number_item(role, 1);
    out->replicas = redis_reply_items(replicas);
    for (size_t i = 0; i < out->replicas; i++) {
        uint64_t confirmed = number_item(redis_reply_item(replicas, i), 2);
        uint64_t behind = offset > confirmed ? offset - confirmed : 0;
        if (out->lag < behind)
            out->lag = behind;
    }
}

static bool read_server(struct reading *r)
{
    int64_t began = clock_monotonic_us();
    struct redis_reply *pong = LINK_ASK(r->link, "PING");
    r->out->answer_us = (uint64_t)(clock_monotonic_us() - began);
    redis_reply_free(pong);
    struct redis_reply *role = pong ? LINK_ASK(r->link, "ROLE") : NULL;
    if (role)
        read_role(r->out, role);
    redis_reply_free(role);
    return role;
}

enum status overview_read(struct link *l, const struct config *config, struct overview *out)
{
    struct reading r = { .link = l, .config = config, .out = out };
    out->now_ms = clock_utc() * MS_PER_S;
    if (!read_server(&r))
        return STATUS_UNAVAILABLE;
    enum status s = read_records(&r);
    if (s == STATUS_YES && !r.no_memory)
        s = read_hour(&r);
    if (s == STATUS_YES && r.no_memory) {
        link_fail(l, "out of memory");
        s = STATUS_UNAVAILABLE;
    }
    return s;
}

void overview_free(struct overview *v)
{
    struct overview_group *g = v->group;
    struct overview_node *n = v->node;
    HASH_CLEAR(hh, v->group);
    HASH_CLEAR(hh, v->node);
    while (g) {
        struct overview_group *next = g->hh.next;
        free(g->name);
        free(g->note);
        free(g);
        g = next;
    }
    while (n) {
        struct overview_node *next = n->hh.next;
        free(n->name);
        free(n);
        n = next;
    }
    free(v->role);
}
