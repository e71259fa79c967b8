#include <stdio.h>
#include <stdlib.h>

#include "base/count.h"
#include "ctl/doctor.h"
#include "engine/backend.h"
#include "state/redis_journal.h"

/*
 * Whether our user may do in Redis what the filter does there. Asked by ACL DRYRUN where the user
 * may ask, else by trying: each command so that it does nothing, or only to a key of the ledger
 * that is gone after a second.
 */

#define WORDS_MAX 8
#define RIGHT_TRIED_MS "1000"
#define NAME_OF_TRIAL "coexist-doctor"
#define USER_MAX 256

/* Words that begin with this stand for a key: what follows goes behind the prefix. */
#define KEY_MARK '@'
#define KEY_USER "@user:coexist-doctor"
#define KEY_TRIED "@ledger:coexist-doctor"
#define KEY_EVENTS "@events"
#define KEY_BREAKER "@breaker"

enum need { NEED_RECORDS, NEED_CACHE, NEED_EVENTS, NEED_LEDGER, NEED_BREAKER, NEED_EITHER };

static const struct right {
    const char *rule; /* of ACL SETUSER */
    enum need need;
    bool writes; /* what the trial before has set: tried only when that could be */
    const char *word[WORDS_MAX];
} rights[] = {
    { "+set", NEED_EITHER, false, { "SET", KEY_TRIED, "0", "PX", RIGHT_TRIED_MS } },
    { "+append", NEED_LEDGER, true, { "APPEND", KEY_TRIED, "" } },
    { "+incr", NEED_BREAKER, true, { "INCR", KEY_TRIED } },
    { "+expire", NEED_EITHER, true, { "EXPIRE", KEY_TRIED, "1" } },
    { "+getrange", NEED_LEDGER, false, { "GETRANGE", KEY_TRIED, "0", "0" } },
    { "+hgetall", NEED_RECORDS, false, { "HGETALL", KEY_USER } },
    { "+ping", NEED_CACHE, false, { "PING" } },
    { "+role", NEED_CACHE, false, { "ROLE" } },
    { "+client|id", NEED_CACHE, false, { "CLIENT", "ID" } },
    { "+client|tracking", NEED_CACHE, false, { "CLIENT", "TRACKING", "OFF" } },
    /* An entry must not have this name. */
    { "+xadd", NEED_EVENTS, false, { "XADD", KEY_EVENTS, "NOMKSTREAM", "0-0", "a", "b" } },
    { "+zadd", NEED_BREAKER, false, { "ZADD", KEY_BREAKER, "XX", "0", NAME_OF_TRIAL } },
    { "+zremrangebyscore", NEED_BREAKER, false, { "ZREMRANGEBYSCORE", KEY_BREAKER, "1", "0" } },
    { "+zrevrangebyscore", NEED_BREAKER, false, { "ZREVRANGEBYSCORE", KEY_BREAKER, "0", "1" } },
    /* The last one: after it the connection takes no other command. */
    { "+subscribe &__redis__:invalidate",
      NEED_CACHE,
      false,
      { "SUBSCRIBE", "__redis__:invalidate" } },
};

static bool is_needed(const struct config *c, enum need need)
{
    switch (need) {
    case NEED_CACHE:
        return c->cache_entries > 0;
    case NEED_EVENTS:
        return c->events_max > 0;
    case NEED_LEDGER:
        return c->ledger_window_s > 0;
    case NEED_BREAKER:
        return c->breaker_limit > 0;
    case NEED_EITHER:
        return c->ledger_window_s > 0 || c->breaker_limit > 0;
    default:
        return true;
    }
}

/* Adds the command of one right to the exchange, behind the words that are given first. */
static void add(const struct doctor *d, struct link *l, const struct right *r,
                const char *const *first, size_t firsts)
{
    char key[RECORD_KEY_MAX];
    const char *word[WORDS_MAX + 3];
    size_t n = 0;
    for (; n < firsts; n++)
        word[n] = first[n];
    for (size_t i = 0; i < WORDS_MAX && r->word[i]; i++) {
        word[n++] = r->word[i];
        if (r->word[i][0] != KEY_MARK)
            continue;
        snprintf(key, sizeof(key), "%s%s", d->config->prefix, r->word[i] + 1);
        word[n - 1] = key;
    }
    link_add_texts(l, word, n);
}

enum answer { ANSWER_LOST, ANSWER_MAY, ANSWER_NOT_COMMAND, ANSWER_NOT_KEY };

static bool speaks_of_key(struct span text)
{
    for (; text.n > 0; text = span_from(text, 1))
        if (span_istarts(text, SPAN_LIT("access a key")) ||
            span_istarts(text, SPAN_LIT("access one of the keys")) ||
            span_istarts(text, SPAN_LIT("access the '")))
            return true;
    return false;
}

/* What the answer to a trial, or to ACL DRYRUN, tells of a right. */
static enum answer answer_of(const struct redis_reply *reply, bool dry)
{
    struct span text = redis_reply_text(reply);
    enum redis_reply_kind kind = redis_reply_kind(reply);
    bool refused = dry ? kind == REDIS_TEXT && !span_eq(text, SPAN_LIT("OK"))
                       : kind == REDIS_ERROR && span_istarts(text, SPAN_LIT("NOPERM"));
    if (!refused)
        return ANSWER_MAY;
    return speaks_of_key(text) ? ANSWER_NOT_KEY : ANSWER_NOT_COMMAND;
}

static enum answer ask(const struct doctor *d, struct link *l, const struct right *r,
                       const char *user)
{
    const char *const dry[] = { "ACL", "DRYRUN", user };
    add(d, l, r, dry, user ? COUNT_OF(dry) : 0);
    struct redis_reply *reply = link_send(l) ? link_next(l) : NULL;
    enum answer answer = reply ? answer_of(reply, user) : ANSWER_LOST;
    redis_reply_free(reply);
    return answer;
}

/* Whom the URL of the state names. */
static void name_user(struct doctor *d, char user[USER_MAX])
{
    struct redis_config redis;
    char *storage = NULL;
    bool named = backend_server(d->config, d->config->state, &redis, &storage) && redis.user;
    snprintf(user, USER_MAX, "%s", named ? redis.user : "default");
    free(storage);
}

/* ACL DRYRUN may be asked. */
static bool may_ask(struct link *l, const char *user)
{
    struct redis_reply *dry = LINK_ASK(l, "ACL", "DRYRUN", user, "PING");
    bool may = dry;
    redis_reply_free(dry);
    return may;
}

static void tell(struct doctor *d, const char *user, const struct buf *missing)
{
    if (missing->n == 0) {
        finding_ok(&d->found, "the user may do what the filter needs");
        return;
    }
    finding_begin(&d->found, SEVERITY_FAULT, "redis-acl");
    finding_what(&d->found, "the user %s lacks rights that the filter needs:%s", user,
                 buf_text(missing));
    finding_causes(&d->found, "records are not read or not remembered, or events, ledger and "
                              "breaker not written; the log says NOPERM");
    finding_mend(&d->found, "redis-cli ACL SETUSER %s%s && redis-cli ACL SAVE", user,
                 buf_text(missing));
}

/* Adds the rules that are missing. False when the connection is lost. */
static bool ask_all(const struct doctor *d, struct link *l, const char *user, struct buf *missing)
{
    bool can_set = false, keys = true;
    for (size_t i = 0; i < COUNT_OF(rights); i++) {
        const struct right *r = &rights[i];
        if (!is_needed(d->config, r->need) || (r->writes && !user && !can_set))
            continue;
        enum answer answer = ask(d, l, r, user);
        if (answer == ANSWER_LOST)
            return false;
        if (answer == ANSWER_MAY && i == 0)
            can_set = true;
        if (answer == ANSWER_NOT_COMMAND)
            buf_addf(missing, " %s", r->rule);
        if (answer == ANSWER_NOT_KEY && keys)
            buf_addf(missing, " '~%s*'", d->config->prefix);
        keys = keys && answer != ANSWER_NOT_KEY;
    }
    return true;
}

/* The filter's own connection: the tool may have another user's. */
static void check_rights(struct doctor *d, struct link *filter)
{
    char user[USER_MAX];
    struct buf missing;
    buf_init(&missing, FINDING_TEXT_MAX);
    name_user(d, user);
    bool dry = may_ask(filter, user);
    if (ask_all(d, filter, dry ? user : NULL, &missing))
        tell(d, user, &missing);
    buf_free(&missing);
}

void doctor_rights(struct doctor *d)
{
    char why[RECORD_FAULT_MAX];
    struct link *filter = link_new(d->config, d->config->state, why);
    d->found.area = AREA_REDIS;
    if (filter && link_connect(filter)) {
        check_rights(d, filter);
    } else {
        finding_begin(&d->found, SEVERITY_FAULT, "redis-login");
        finding_what(&d->found, "by `state` of %s: %s", d->config->file,
                     filter ? link_why(filter) : why);
        finding_causes(&d->found, "the filter cannot read records: users that are not remembered "
                                  "are deferred");
        finding_mend(&d->found, "set `state` to the server, user and password that are right");
    }
    link_free(filter);
}
