#include "ctl/change_run.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/change_batch.h"
#include "ctl/change_event.h"
#include "ctl/scan.h"
#include "state/fault.h"

#define TRIES_MAX 20 /* of one transaction, while others write the same records */

static enum status no_memory(const struct change_run *run)
{
    link_fail(run->link, "out of memory");
    return STATUS_UNAVAILABLE;
}

/* What the list itself says of names. */
static bool index_changes(struct change_names *names, struct changes *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct change *change = &c->at[i];
        struct change_name *n = change_names_get(names, change->kind, span_of(change->name));
        const char *alias = change_value(change, "alias"), *group = change_value(change, "group");
        if (!n)
            return false;
        n->change = change;
        if (alias && !change_names_alias(names, span_of(change->name), span_of(alias)))
            return false;
        if (group && !change_names_member(names, span_of(change->name), span_of(group)))
            return false;
    }
    return true;
}

struct census {
    struct change_names *names;
    const struct config *config;
    bool failed;
};

static bool names_field(const struct census *c, const struct scanned *r, const char *field)
{
    const struct change_name *n = change_names_find(c->names, RECORD_USER, r->name);
    return n && n->change && change_names(n->change, field);
}

/* The home that the list gives to the group of this user, who has none of his own, may be one that
 * his mail cannot reach. */
static void count_stranded(struct census *c, const struct scanned *r)
{
    const struct change_name *n =
        change_names_find(c->names, RECORD_GROUP, span_of(r->record->group));
    struct span domain = record_name_domain(r->name);
    enum home home;
    if (!n || !n->change || r->record->home != HOME_UNSET ||
        !home_parse(span_of(change_value(n->change, "home")), &home) ||
        !change_lacks_way(home, r->record->route, config_find_domain(c->config, domain), c->config))
        return;
    if (n->change->stranded++ == 0)
        n->change->stranded_one = strndup(r->name.p, r->name.n);
}

static bool count_user(void *arg, const struct scanned *r)
{
    struct census *c = arg;
    const char *alias = r->good ? r->record->alias : "";
    const char *group = r->good ? r->record->group : "";
    if (alias[0] && !names_field(c, r, "alias"))
        c->failed = c->failed || !change_names_alias(c->names, r->name, span_of(alias));
    if (group[0] && !names_field(c, r, "group"))
        c->failed = c->failed || !change_names_member(c->names, r->name, span_of(group));
    if (group[0])
        count_stranded(c, r);
    return !c->failed;
}

static bool can_strand(enum home home, const struct config *config)
{
    for (size_t i = 0; i < config->domains; i++)
        if (change_lacks_way(home, "", &config->domain[i], config))
            return true;
    return false;
}

/* Only where it matters who else leads to a name, or is in a group. */
static bool needs_census(const struct changes *c, const struct config *config)
{
    for (size_t i = 0; i < c->n; i++) {
        bool sets = false;
        enum home home = HOME_UNSET;
        for (size_t j = 0; j < c->at[i].fields; j++)
            sets = sets || c->at[i].field[j].value;
        home_parse(span_of(change_value(&c->at[i], "home")), &home);
        if (change_value(&c->at[i], "alias"))
            return true;
        if (c->at[i].kind == RECORD_GROUP && (!sets || can_strand(home, config)))
            return true;
    }
    return false;
}

static enum status take_census(struct change_run *run, struct changes *c,
                               struct change_names *names)
{
    struct census census = { names, run->config, false };
    if (!index_changes(names, c))
        return no_memory(run);
    if (!needs_census(c, run->config))
        return STATUS_YES;
    enum status s = scan_records(run->link, run->config->prefix, RECORD_USER, count_user, &census);
    return s == STATUS_YES && census.failed ? no_memory(run) : s;
}

static void show_progress(struct change_run *run, size_t done, size_t of)
{
    if (run->progress)
        run->progress(run->arg, done, of);
}

static bool is_stopped(struct change_run *run)
{
    run->stopped = run->stopped || (run->stop && *run->stop);
    return run->stopped;
}

static enum status check_all(struct change_run *run, struct changes *c, struct change_batch *b)
{
    for (size_t i = 0; i < c->n && !is_stopped(run);) {
        while (b->n < CHANGE_BATCH && i < c->n)
            b->change[b->n++] = &c->at[i++];
        if (!change_batch_judge(b, false))
            return STATUS_UNAVAILABLE;
        for (size_t j = 0; j < b->n; j++)
            run->bad += b->change[j]->effect == CHANGE_BAD;
        change_batch_clear(b);
        show_progress(run, i, c->n);
    }
    return run->bad > 0 ? STATUS_NO : STATUS_YES;
}

enum status change_check(struct change_run *run, struct changes *c)
{
    struct change_names names = { NULL };
    struct change_batch *b = calloc(1, sizeof(*b));
    enum status s = b ? take_census(run, c, &names) : no_memory(run);
    run->bad = 0;
    if (s == STATUS_YES) {
        b->run = run;
        b->names = &names;
        s = check_all(run, c, b);
        change_batch_clear(b);
    }
    change_names_free(&names);
    free(b);
    return s;
}

static bool add_write(struct change_batch *b, size_t i)
{
    const struct change *c = b->change[i];
    const struct judged *j = &b->judged[i];
    char *key = stored_key(b->run->config->prefix, c->kind, span_of(c->name));
    struct span set[2 + 2 * (RECORD_FIELDS_MAX + CHANGE_FIELDS_MAX)];
    size_t n = 0;
    if (!key)
        return false;
    set[n++] = SPAN_LIT("HSET");
    set[n++] = span_of(key);
    for (size_t k = 0; k < j->fields; k++) {
        set[n++] = j->field[k].name;
        set[n++] = j->field[k].value;
    }
    /* Fields that go are not named one by one: in a transaction nobody sees the record away. */
    if (c->effect != CHANGE_NEW)
        LINK_ADD(b->run->link, "DEL", key);
    if (j->fields > 0)
        link_add(b->run->link, set, n);
    free(key);
    return true;
}

static size_t record_commands(const struct change_batch *b, size_t i)
{
    if (b->change[i]->effect == CHANGE_NONE)
        return 0;
    return (b->change[i]->effect != CHANGE_NEW) + (b->judged[i].fields > 0);
}

static size_t event_commands(const struct change_batch *b, size_t i)
{
    return b->change[i]->effect != CHANGE_NONE && b->run->each && b->run->config->events_max > 0;
}

enum outcome { OUTCOME_WRITTEN, OUTCOME_AGAIN, OUTCOME_LOST };

/* EXEC takes nothing back when one of its commands is refused: what each has done is looked at by
 * itself. False where a record was not written, with link_why(). */
static bool count_written(struct change_batch *b, const struct redis_reply *done)
{
    const struct redis_reply *refused = NULL;
    size_t at = 0;
    for (size_t i = 0; i < b->n; i++) {
        bool written = b->change[i]->effect != CHANGE_NONE;
        for (size_t k = record_commands(b, i); k > 0; k--) {
            const struct redis_reply *reply = redis_reply_item(done, at++);
            if (redis_reply_kind(reply) != REDIS_ERROR)
                continue;
            refused = reply;
            written = false;
        }
        b->run->done += written;
        const struct redis_reply *told = event_commands(b, i) ? redis_reply_item(done, at++) : NULL;
        if (redis_reply_kind(told) == REDIS_ERROR)
            fault_set(b->run->untold, "Redis refuses: %.*s", SPAN_ARG(redis_reply_text(told)));
    }
    if (refused)
        link_refuse(b->run->link, refused, "EXEC");
    return !refused;
}

/* The answers of a transaction: OK, QUEUED for each command, and what EXEC has done. */
static enum outcome take_answers(struct change_batch *b, size_t commands)
{
    struct link *l = b->run->link;
    bool good = true;
    for (size_t i = 0; i < commands + 1; i++) {
        struct redis_reply *queued = link_next_good(l);
        good = good && queued;
        redis_reply_free(queued);
    }
    struct redis_reply *done = good ? link_next_good(l) : NULL;
    enum outcome o = done ? OUTCOME_WRITTEN : OUTCOME_LOST;
    if (done && redis_reply_kind(done) == REDIS_NIL)
        o = OUTCOME_AGAIN;
    else if (done && !count_written(b, done))
        o = OUTCOME_LOST;
    redis_reply_free(done);
    /* After a refusal the answer to EXEC is still to come. */
    if (!good)
        link_drop(l);
    return o;
}

static enum outcome write_batch(struct change_batch *b)
{
    struct link *l = b->run->link;
    size_t commands = 0;
    LINK_ADD(l, "MULTI");
    for (size_t i = 0; i < b->n; i++) {
        if (b->change[i]->effect == CHANGE_NONE)
            continue;
        commands += record_commands(b, i) + event_commands(b, i);
        if (!add_write(b, i) || (b->run->each && !change_event_add(b->run, b->change[i]))) {
            link_fail(l, "out of memory");
            return OUTCOME_LOST;
        }
    }
    LINK_ADD(l, commands > 0 ? "EXEC" : "DISCARD");
    return link_send(l) ? take_answers(b, commands) : OUTCOME_LOST;
}

static void drop_replies(struct change_batch *b)
{
    size_t n = b->n;
    change_batch_clear(b);
    b->n = n;
}

static enum status apply_batch(struct change_batch *b)
{
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        drop_replies(b);
        if (!change_batch_judge(b, true))
            return STATUS_UNAVAILABLE;
        for (size_t i = 0; i < b->n; i++)
            b->run->bad += b->change[i]->effect == CHANGE_BAD;
        if (b->run->bad > 0) {
            redis_reply_free(LINK_ASK(b->run->link, "UNWATCH"));
            return STATUS_NO;
        }
        enum outcome o = write_batch(b);
        if (o == OUTCOME_LOST)
            return STATUS_UNAVAILABLE;
        if (o == OUTCOME_WRITTEN)
            return STATUS_YES;
    }
    link_fail(b->run->link, "others write the same records all the time");
    return STATUS_UNAVAILABLE;
}

/* What others name is written before those that name it, and removed after them. */
static int stage_of(const struct change *c)
{
    if (c->kind == RECORD_USER)
        return 1;
    return c->effect == CHANGE_REMOVES ? 2 : 0;
}
#define STAGES 3

static enum status apply_all(struct change_batch *b, struct changes *c)
{
    size_t seen = 0;
    for (int stage = 0; stage < STAGES; stage++) {
        for (size_t i = 0; i < c->n && !is_stopped(b->run);) {
            for (; b->n < CHANGE_BATCH && i < c->n; i++)
                if (stage_of(&c->at[i]) == stage && c->at[i].effect != CHANGE_NONE)
                    b->change[b->n++] = &c->at[i];
            seen += b->n;
            enum status s = b->n > 0 ? apply_batch(b) : STATUS_YES;
            change_batch_clear(b);
            if (s != STATUS_YES)
                return s;
            show_progress(b->run, seen, c->n);
        }
    }
    return STATUS_YES;
}

enum status change_apply(struct change_run *run, struct changes *c)
{
    struct change_names names = { NULL };
    struct change_batch *b = calloc(1, sizeof(*b));
    enum status s = b && index_changes(&names, c) ? STATUS_YES : no_memory(run);
    run->done = run->bad = 0;
    run->untold[0] = '\0';
    if (s == STATUS_YES) {
        b->run = run;
        b->names = &names;
        s = apply_all(b, c);
        change_batch_clear(b);
    }
    change_names_free(&names);
    free(b);
    if (!run->each && run->done > 0 && s != STATUS_UNAVAILABLE && !change_event_sum(run))
        fault_set(run->untold, "%s", link_why(run->link));
    return s;
}
