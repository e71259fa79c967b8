#include "state/resolve.h"

#include <string.h>

#include "state/fault.h"

/* What is asked in the first round trip; only the user that counts is looked at afterwards. */
struct first {
    struct store_query query[3];
    struct store_query *whole;
    struct store_query *base; /* NULL: there is none */
    struct store_query *domain;
    char base_name[RECORD_KEY_MAX + 1];
};

struct job {
    struct store *store;
    const struct resolve_request *request;
    struct resolution *out;
};

static void ask(const struct job *job, struct store_query *query, size_t n)
{
    store_fetch(job->store, query, n);
    for (size_t i = 0; i < n; i++)
        job->out->asked[query[i].answer]++;
}

static void set_key(const struct job *job, const struct store_query *q)
{
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    if (record_key(job->request->prefix, q->kind, q->name, &key))
        memcpy(job->out->key, key.p, key.n + 1);
    buf_free(&key);
}

/* The outcome is that this record is bad, or could not be had. */
static void stop_at(const struct job *job, const struct store_query *q)
{
    job->out->answer = q->answer;
    set_key(job, q);
    memcpy(job->out->why, q->why, sizeof(q->why));
}

static void home_from(const struct job *job, const struct store_query *q,
                      enum resolve_source source)
{
    job->out->home = q->record.home;
    job->out->source = source;
    set_key(job, q);
}

/* An answer counts that is remembered from before an outage. */
static void look_at(const struct job *job, const struct store_query *q)
{
    if (!q->stale)
        return;
    job->out->stale = true;
    if (job->out->age_s < q->age_s)
        job->out->age_s = q->age_s;
}

static void ask_first(const struct job *job, struct first *f)
{
    const struct resolve_request *r = job->request;
    size_t n = 0;
    f->whole = &f->query[n++];
    *f->whole = (struct store_query){ .kind = RECORD_USER, .name = r->address };
    f->domain = &f->query[n++];
    *f->domain = (struct store_query){ .kind = RECORD_DOMAIN, .name = r->domain };
    f->base = NULL;
    if (span_present(r->base) && r->base.n + 1 + r->domain.n <= RECORD_KEY_MAX) {
        memcpy(f->base_name, r->base.p, r->base.n);
        f->base_name[r->base.n] = '@';
        memcpy(f->base_name + r->base.n + 1, r->domain.p, r->domain.n);
        f->base = &f->query[n++];
        *f->base = (struct store_query){ .kind = RECORD_USER,
                                         .name = { f->base_name, r->base.n + 1 + r->domain.n } };
    }
    ask(job, f->query, n);
    look_at(job, f->whole);
    look_at(job, f->domain);
    if (f->domain->answer == STORE_FOUND)
        job->out->mode = f->domain->record.mode;
}

static bool in_domain(struct span address, struct span domain)
{
    size_t at = span_rfind(address, '@');
    return at < address.n && span_eq(span_from(address, at + 1), domain);
}

/* Asks for the alias's target. False: the outcome is that the alias is bad. */
static bool follow_alias(const struct job *job, struct store_query *user,
                         struct store_query *target)
{
    char word[FAULT_WORD_SIZE];
    struct span name = span_of(user->record.alias);
    fault_word(name, word);
    *target = (struct store_query){ .kind = RECORD_USER, .name = name };
    user->answer = STORE_BAD;
    if (!in_domain(name, job->request->domain))
        fault_set(user->why, "alias is '%s', in another domain: set home and route instead", word);
    else if (span_eq(name, user->name))
        fault_set(user->why, "alias is the address itself: remove the field, set home");
    else
        ask(job, target, 1);
    look_at(job, target);
    if (target->answer == STORE_FOUND && target->record.alias[0]) {
        char next[FAULT_WORD_SIZE];
        fault_set(user->why, "alias '%s' is itself an alias: set alias to '%s'", word,
                  fault_word(span_of(target->record.alias), next));
    }
    if (user->why[0] != '\0') {
        stop_at(job, user);
        return false;
    }
    memcpy(job->out->mailbox, name.p, name.n + 1);
    return true;
}

/* True: the outcome is decided. False: the group leaves it to the domain. */
static bool decide_group(const struct job *job, struct store_query *user)
{
    struct store_query group = { .kind = RECORD_GROUP, .name = span_of(user->record.group) };
    ask(job, &group, 1);
    look_at(job, &group);
    if (group.answer == STORE_ABSENT) {
        char word[FAULT_WORD_SIZE];
        user->answer = STORE_BAD;
        fault_set(user->why, "group '%s' has no record: set its home, or remove the field",
                  fault_word(group.name, word));
        stop_at(job, user);
        return true;
    }
    if (group.answer != STORE_FOUND) {
        stop_at(job, &group);
        return true;
    }
    if (group.record.home == HOME_UNSET)
        return false;
    job->out->answer = STORE_FOUND;
    home_from(job, &group, SOURCE_GROUP);
    return true;
}

/* True: the outcome is decided. False: the records of the user leave it to the domain. */
static bool decide_user(const struct job *job, struct store_query *user)
{
    struct store_query target;
    if (user->answer == STORE_FOUND && user->record.alias[0]) {
        if (!follow_alias(job, user, &target))
            return true;
        user = &target;
    }
    if (user->answer == STORE_ABSENT)
        return false;
    if (user->answer != STORE_FOUND) {
        stop_at(job, user);
        return true;
    }
    job->out->calendar = user->record.calendar;
    memcpy(job->out->route, user->record.route, sizeof(job->out->route));
    if (user->record.home == HOME_UNSET)
        return user->record.group[0] && decide_group(job, user);
    job->out->answer = STORE_FOUND;
    home_from(job, user, SOURCE_USER);
    return true;
}

static void decide_domain(const struct job *job, const struct store_query *domain)
{
    if (domain->answer == STORE_BAD || domain->answer == STORE_UNAVAILABLE)
        stop_at(job, domain);
    else if (domain->answer == STORE_FOUND && domain->record.home != HOME_UNSET)
        home_from(job, domain, SOURCE_DOMAIN);
}

void resolve_address(struct store *store, const struct resolve_request *request,
                     struct resolution *out)
{
    struct job job = { store, request, out };
    struct first f;
    *out = (struct resolution){ .answer = STORE_ABSENT };
    ask_first(&job, &f);
    struct store_query *user = f.whole;
    if (user->answer == STORE_ABSENT && f.base) {
        user = f.base;
        out->extension_at = request->base.n;
        look_at(&job, user);
    }
    bool decided = decide_user(&job, user);
    bool known = f.domain->answer == STORE_FOUND || f.domain->answer == STORE_ABSENT;
    /* Even where the home is known, the domain's mode is not. */
    if (!decided || (out->answer == STORE_FOUND && !known))
        decide_domain(&job, f.domain);
}
