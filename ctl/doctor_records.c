#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/change_names.h"
#include "ctl/doctor.h"
#include "ctl/scan.h"
#include "ctl/stored.h"

/* Homes and routes are judged by domain: what is wrong with a thousand users has one cause. */
struct tally {
    enum home home; /* of the domain's record */
    size_t without_route;
    char example[RECORD_VALUE_MAX + 1]; /* one of them */
};

struct survey {
    struct doctor *doctor;
    struct change_names names; /* groups with who is in them, and where aliases lead */
    struct tally *domain;      /* of the configuration's, in their order */
    size_t count[RECORD_KINDS];
    bool failed; /* no memory */
};

static void tell_bad(struct survey *v, const struct scanned *r)
{
    const char *kind = stored_kind_name(r->kind);
    struct findings *f = &v->doctor->found;
    finding_begin(f, SEVERITY_FAULT, "bad-record");
    finding_what(f, "%s%s:%.*s: %s", v->doctor->config->prefix, kind, SPAN_ARG(r->name), r->fault);
    finding_causes(f, "who goes by it is deferred: 451, reason bad-record");
    finding_mend(f, "coexistctl %s show '%.*s', then `%s set`, or `%s unset`", kind,
                 SPAN_ARG(r->name), kind, kind);
}

/* The configured domain that a record's name belongs to; NULL for none. */
static const struct config_domain *ours(struct survey *v, struct span domain)
{
    return domain.n > 0 ? config_find_domain(v->doctor->config, domain) : NULL;
}

static void tell_foreign(struct survey *v, const struct scanned *r)
{
    struct findings *f = &v->doctor->found;
    bool user = r->kind == RECORD_USER;
    finding_begin(f, SEVERITY_WARNING, user ? "user-foreign" : "domain-foreign");
    finding_what(f, "%s%s:%.*s: the configuration has no such domain", v->doctor->config->prefix,
                 user ? "user" : "domain", SPAN_ARG(r->name));
    finding_causes(f, "nobody reads the record; names have the domain that users see, not a "
                      "route's");
    finding_mend(f, "coexistctl %s unset '%.*s', or add the domain to the configuration",
                 user ? "user" : "domain", SPAN_ARG(r->name));
}

/* Not by `coexistctl user unset`, which writes names as they are looked up. */
static void tell_misnamed(struct survey *v, const struct scanned *r)
{
    struct findings *f = &v->doctor->found;
    bool by_case = r->named == RECORD_NAME_CASE;
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    bool fits = record_key(span_of(v->doctor->config->prefix), r->kind, r->name, &key);
    finding_begin(f, SEVERITY_WARNING, by_case ? "name-case" : "name-no-address");
    finding_what(f, "%s%s:%.*s: %s", v->doctor->config->prefix, stored_kind_name(r->kind),
                 SPAN_ARG(r->name), r->fault);
    finding_causes(f, "what it says has no effect%s",
                   by_case ? "; names are looked up in lower case" : "; was a name mistyped?");
    finding_mend_key(f, fits ? buf_span(&key) : SPAN_ABSENT,
                     by_case ? ", then write what it says under the name in lower case" : "");
    buf_free(&key);
}

/* Where the mailbox is: by its own record, its group's, the domain's, or the configuration. */
static enum home home_by_all(struct survey *v, const struct record *r,
                             const struct config_domain *in)
{
    enum home by_domain = v->domain[in - v->doctor->config->domain].home;
    const struct change_name *group =
        r->group[0] ? change_names_find(&v->names, RECORD_GROUP, span_of(r->group)) : NULL;
    if (r->home != HOME_UNSET)
        return r->home;
    if (group && group->home != HOME_UNSET)
        return group->home;
    return by_domain != HOME_UNSET ? by_domain : in->home;
}

static void weigh_route(struct survey *v, const struct scanned *r, const struct config_domain *in)
{
    const struct config *c = v->doctor->config;
    enum home home = home_by_all(v, r->record, in);
    bool there = home == home_of(system_other(c->node)) || home == HOME_BOTH;
    if (!there || r->record->alias[0])
        return;
    char **guest = &v->doctor->guest[in - c->domain];
    if (!*guest)
        *guest = strndup(r->name.p, r->name.n);
    if (r->record->route[0] || in->route)
        return;
    struct tally *t = &v->domain[in - c->domain];
    if (t->without_route++ == 0)
        snprintf(t->example, sizeof(t->example), "%.*s", SPAN_ARG(r->name));
}

static void tell_alias(struct survey *v, const char *id, enum severity severity, struct span alias,
                       struct span target, const char *what, const char *causes)
{
    struct findings *f = &v->doctor->found;
    finding_begin(f, severity, id);
    finding_what(f, "%.*s is an alias of %.*s, %s", SPAN_ARG(alias), SPAN_ARG(target), what);
    finding_causes(f, "%s", causes);
    finding_mend(f, "coexistctl user set '%.*s' alias=MAILBOX, or `user unset`", SPAN_ARG(alias));
}

/* What can be told of an alias at once; the rest is for judge_alias(). */
static void take_alias(struct survey *v, const struct scanned *r)
{
    struct span target = span_of(r->record->alias);
    if (target.n == 0)
        return;
    if (!span_eq(record_name_domain(r->name), record_name_domain(target)))
        tell_alias(v, "alias-domain", SEVERITY_FAULT, r->name, target, "which is of another domain",
                   "its mail is deferred: 451, reason bad-record");
    else if (!change_names_alias(&v->names, r->name, target))
        v->failed = true;
}

/* What is wrong with a record that decides nothing. */
static void tell_unread(struct survey *v, const struct scanned *r)
{
    if (r->named != RECORD_NAME_GOOD)
        tell_misnamed(v, r);
    else if (!r->good)
        tell_bad(v, r);
    else
        tell_foreign(v, r);
}

static bool visit_user(void *arg, const struct scanned *r)
{
    struct survey *v = arg;
    const struct config_domain *in = ours(v, record_name_domain(r->name));
    v->count[RECORD_USER]++;
    if (!r->good || !in) {
        tell_unread(v, r);
        return true;
    }
    weigh_route(v, r, in);
    if (r->record->group[0])
        v->failed |= !change_names_member(&v->names, r->name, span_of(r->record->group));
    take_alias(v, r);
    return !v->failed;
}

static bool visit_group(void *arg, const struct scanned *r)
{
    struct survey *v = arg;
    v->count[RECORD_GROUP]++;
    if (!r->good)
        tell_bad(v, r);
    struct change_name *name = change_names_get(&v->names, RECORD_GROUP, r->name);
    if (name) {
        name->there = true;
        name->home = r->good ? r->record->home : HOME_UNSET;
    }
    v->failed |= !name;
    return name;
}

static bool visit_domain(void *arg, const struct scanned *r)
{
    struct survey *v = arg;
    const struct config_domain *in = ours(v, r->name);
    v->count[RECORD_DOMAIN]++;
    if (!r->good || !in)
        tell_unread(v, r);
    else
        v->domain[in - v->doctor->config->domain].home = r->record->home;
    return true;
}

static void judge_group(struct survey *v, const struct change_name *n, const char *name)
{
    struct findings *f = &v->doctor->found;
    if (n->there && n->users == 0) {
        finding_begin(f, SEVERITY_NOTE, "group-empty");
        finding_what(f, "nobody is in the group %s", name);
        finding_causes(f, "its home moves nobody");
        finding_mend(f, "coexistctl group unset '%s'", name);
    } else if (!n->there) {
        finding_begin(f, SEVERITY_FAULT, "group-missing");
        finding_what(f, "%zu user%s in the group %s, which has no record: %s", n->users,
                     n->users == 1 ? " is" : "s are", name, n->user);
        finding_causes(f, "mail for those without a home of their own is deferred: 451, reason "
                          "bad-record");
        finding_mend(f, "coexistctl group set '%s' home=primary, or whatever is right", name);
    }
}

/* Of the mailbox that an alias leads to. */
static bool visit_target(void *arg, const struct scanned *r)
{
    bool *is_alias = arg;
    *is_alias = r->good && r->record->alias[0];
    return true;
}

/* False when the state could not be asked. */
static bool judge_alias(struct survey *v, const struct change_name *n, struct span target)
{
    bool is_alias = false;
    if (!n->alias)
        return true;
    enum status read = scan_one(v->doctor->link, v->doctor->config->prefix, RECORD_USER, target,
                                visit_target, &is_alias);
    if (is_alias)
        tell_alias(v, "alias-chain", SEVERITY_FAULT, span_of(n->alias), target,
                   "which is an alias too", "its mail is deferred: 451, reason bad-record");
    else if (read == STATUS_NO)
        tell_alias(v, "alias-nowhere", SEVERITY_WARNING, span_of(n->alias), target,
                   "which has no record",
                   "its mail goes by the domain's rule; was a name mistyped?");
    return read != STATUS_UNAVAILABLE;
}

static bool judge_names(struct survey *v)
{
    bool good = true;
    for (struct change_name *n = v->names.by_key; n && good; n = n->hh.next) {
        const char *name = strchr(n->key, ':') + 1;
        if (strncmp(n->key, "group:", 6) == 0)
            judge_group(v, n, name);
        else
            good = judge_alias(v, n, span_of(name));
    }
    return good;
}

/* Users without a record live at the peer, by the domain's record. */
static void tell_domain(struct survey *v, const struct config_domain *in, enum home home)
{
    struct findings *f = &v->doctor->found;
    finding_begin(f, SEVERITY_FAULT, "domain-no-route");
    finding_what(f, "%sdomain:%s: home is %s, and there is no route", v->doctor->config->prefix,
                 in->name, home_name(home));
    finding_causes(f, "mail for users without a route of their own is deferred: 451, reason "
                      "no-route");
    finding_mend(f, "set `route` in the domain's block");
}

static void tell_users(struct survey *v, const struct config_domain *in, const struct tally *t)
{
    struct findings *f = &v->doctor->found;
    bool one = t->without_route == 1;
    finding_begin(f, SEVERITY_FAULT, "no-route");
    finding_what(f, "%zu user%s of %s live%s on the other system, with no route: %s",
                 t->without_route, one ? "" : "s", in->name, one ? "s" : "", t->example);
    finding_causes(f, "mail for them is deferred: 451, reason no-route");
    finding_mend(f, "set `route` in the domain's block, or coexistctl user set '%s' route=ADDRESS",
                 t->example);
}

/* Where nobody has a route the domain is told of, not its users. */
static void judge_routes(struct survey *v)
{
    const struct config *c = v->doctor->config;
    enum home there = home_of(system_other(c->node));
    for (size_t i = 0; i < c->domains; i++) {
        const struct config_domain *in = &c->domain[i];
        const struct tally *t = &v->domain[i];
        char told[FINDING_TEXT_MAX / 2];
        snprintf(told, sizeof(told), "%s: ", in->name);
        if (in->route || findings_tell(&v->doctor->found, "domain-no-route", told))
            continue;
        if (t->home == there || t->home == HOME_BOTH)
            tell_domain(v, in, t->home);
        else if (t->without_route > 0)
            tell_users(v, in, t);
    }
}

static bool scan_all(struct survey *v)
{
    struct link *l = v->doctor->link;
    const char *prefix = v->doctor->config->prefix;
    return scan_records(l, prefix, RECORD_GROUP, visit_group, v) == STATUS_YES &&
           scan_records(l, prefix, RECORD_DOMAIN, visit_domain, v) == STATUS_YES &&
           scan_records(l, prefix, RECORD_USER, visit_user, v) == STATUS_YES && !v->failed;
}

void doctor_records(struct doctor *d)
{
    struct survey v = { .doctor = d };
    d->found.area = AREA_RECORDS;
    size_t before = d->found.n;
    v.domain = calloc(d->config->domains, sizeof(*v.domain));
    d->guest = calloc(d->config->domains, sizeof(*d->guest));
    bool ready = v.domain && d->guest;
    bool read = ready && scan_all(&v) && judge_names(&v);
    if (read)
        judge_routes(&v);
    else if (!ready || v.failed)
        d->found.failed = true;
    else
        doctor_unseen(d, "records-unseen", "the records", "+scan +hgetall");
    if (d->found.n == before)
        finding_ok(&d->found, "%zu users, %zu groups, %zu domains, all good", v.count[RECORD_USER],
                   v.count[RECORD_GROUP], v.count[RECORD_DOMAIN]);
    change_names_free(&v.names);
    free(v.domain);
}

void doctor_forget_guests(struct doctor *d)
{
    for (size_t i = 0; d->guest && i < d->config->domains; i++)
        free(d->guest[i]);
    free(d->guest);
    d->guest = NULL;
}
