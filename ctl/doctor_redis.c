#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "ctl/doctor.h"
#include "engine/backend.h"
#include "state/deadline.h"
#include "state/redis_sentinel.h"

#define VERSION_LEAST 7 /* the major version of Redis, or of Valkey */
#define WORD_MAX 128

static void tell_unreachable(struct doctor *d)
{
    struct link *l = d->session->link;
    if (findings_have(&d->found, "redis-unreachable"))
        return;
    finding_begin(&d->found, SEVERITY_FAULT, "redis-unreachable");
    finding_what(&d->found, "%s: %s", link_server(l), link_why(l));
    finding_causes(&d->found, "flips do nothing; users that are not remembered are deferred, after "
                              "`stale_max` all are");
    finding_mend(&d->found, "systemctl start redis-server, or set `state` to where it is");
}

/* A sign of life; that the user may not ask for one is a sign too. */
static bool is_alive(struct link *l)
{
    const struct span ping = SPAN_LIT("PING");
    struct redis_reply *pong = link_connect(l) ? link_call(l, &ping, 1) : NULL;
    bool alive = pong;
    redis_reply_free(pong);
    return alive;
}

bool doctor_connect(struct doctor *d)
{
    char why[RECORD_FAULT_MAX] = "";
    struct session *s = d->session;
    d->found.area = AREA_REDIS;
    if (!s->link)
        s->link = link_new(d->config, session_state(s), why);
    if (s->link && is_alive(s->link)) {
        d->link = s->link;
        return true;
    }
    if (s->link) {
        tell_unreachable(d);
        return false;
    }
    finding_begin(&d->found, SEVERITY_WARNING, "state-memory");
    finding_what(&d->found, "state: %s", why);
    finding_causes(&d->found, "nobody can say where a mailbox lives; this is for tests");
    finding_mend(&d->found, "state = \"redis://127.0.0.1:6379/0\"");
    return false;
}

void doctor_unseen(struct doctor *d, const char *id, const char *what, const char *rights)
{
    if (!span_istarts(span_of(link_why(d->link)), SPAN_LIT("Redis refuses"))) {
        tell_unreachable(d);
        return;
    }
    finding_begin(&d->found, SEVERITY_NOTE, id);
    finding_what(&d->found, "not checked: %s: %s", what, link_why(d->link));
    finding_causes(&d->found, "a fault there would not be seen here");
    finding_mend(&d->found, "--state=URL, or " SESSION_STATE_VARIABLE ", that names a user with %s",
                 rights);
}

/* The value of `NAME:VALUE` in what INFO answers; "" where it has no such line. */
static void info_value(const struct redis_reply *info, const char *name, char out[WORD_MAX])
{
    struct span rest = redis_reply_text(info), line;
    out[0] = '\0';
    while (span_split(&rest, '\n', &line)) {
        size_t colon = span_find(line, ':');
        if (!span_eq((struct span){ line.p, colon }, span_of(name)))
            continue;
        struct span value = span_trim(span_from(line, colon + 1));
        snprintf(out, WORD_MAX, "%.*s", SPAN_ARG(value));
        return;
    }
}

/* The value behind a name in HELLO's answer, which every user may ask for. */
static struct span hello_value(const struct redis_reply *hello, const char *name)
{
    for (size_t i = 0; i + 1 < redis_reply_items(hello); i += 2)
        if (span_eq(redis_reply_text(redis_reply_item(hello, i)), span_of(name)))
            return redis_reply_text(redis_reply_item(hello, i + 1));
    return SPAN_ABSENT;
}

static void check_version(struct doctor *d, const struct redis_reply *hello)
{
    struct span version = hello_value(hello, "version");
    uint64_t major = 0;
    span_number((struct span){ version.p, span_find(version, '.') }, &major);
    if (span_present(version) && major < VERSION_LEAST) {
        finding_begin(&d->found, SEVERITY_FAULT, "redis-version");
        finding_what(&d->found, "%s is of version %.*s", link_server(d->link), SPAN_ARG(version));
        finding_causes(&d->found, "it is not tested with any below 7.0, and these lack what the "
                                  "filter needs");
        finding_mend(&d->found, "install Redis 7.0 or later, or Valkey");
    }
    if (!span_eq(hello_value(hello, "mode"), SPAN_LIT("cluster")))
        return;
    finding_begin(&d->found, SEVERITY_FAULT, "redis-cluster");
    finding_what(&d->found, "%s is a node of a cluster", link_server(d->link));
    finding_causes(&d->found,
                   "records that other nodes have are not found: their users are deferred");
    finding_mend(&d->found, "use one server, with Sentinels for when it fails");
}

static void tell_replica(struct doctor *d, bool lost)
{
    finding_begin(&d->found, SEVERITY_FAULT, lost ? "redis-replica-lost" : "redis-replica");
    finding_what(&d->found, "%s is a replica%s", link_server(d->link),
                 lost ? " that has lost its master" : "");
    finding_causes(&d->found, lost ? "flips do not arrive; what it has may be old"
                                   : "flips, events, the ledger and the breaker cannot be written");
    finding_mend(&d->found, "set `state` to the master, or to the Sentinels that know it, and "
                            "`replica` to this one");
}

/* Of what ROLE answers: `slave`, the master's host, its port, the state of the connection. */
static bool follows_master(const struct redis_reply *role)
{
    return span_eq(redis_reply_text(redis_reply_item(role, 3)), SPAN_LIT("connected"));
}

static void check_role(struct doctor *d)
{
    struct redis_reply *role = LINK_ASK(d->link, "ROLE");
    struct span what = redis_reply_text(redis_reply_item(role, 0));
    if (span_eq(what, SPAN_LIT("slave")))
        tell_replica(d, !follows_master(role));
    redis_reply_free(role);
}

static void check_saving(struct doctor *d, const struct redis_reply *info)
{
    char aof[WORD_MAX], rdb[WORD_MAX];
    info_value(info, "aof_last_write_status", aof);
    info_value(info, "rdb_last_bgsave_status", rdb);
    if (strcmp(aof, "err") != 0 && strcmp(rdb, "err") != 0)
        return;
    finding_begin(&d->found, SEVERITY_FAULT, "redis-save-fails");
    finding_what(&d->found, "the last time that %s wrote to its disk it failed",
                 link_server(d->link));
    finding_causes(&d->found, "Redis refuses flips, or loses what was set since when it restarts");
    finding_mend(&d->found, "look at its log and at the room on its disk");
}

static void check_persistence(struct doctor *d, const struct redis_reply *info)
{
    char aof[WORD_MAX];
    info_value(info, "aof_enabled", aof);
    check_saving(d, info);
    if (strcmp(aof, "0") != 0)
        return;
    struct redis_reply *save = LINK_ASK(d->link, "CONFIG", "GET", "save");
    if (!save)
        doctor_unseen(d, "redis-unseen", "persistence", "+config|get");
    else if (redis_reply_items(save) == 2 && redis_reply_text(redis_reply_item(save, 1)).n == 0) {
        finding_begin(&d->found, SEVERITY_FAULT, "redis-persistence");
        finding_what(&d->found, "%s keeps nothing on disk: neither appendonly nor save is set",
                     link_server(d->link));
        finding_causes(&d->found, "a restart of Redis loses all records: every user goes by the "
                                  "domain's rule");
        finding_mend(&d->found, "redis-cli CONFIG SET appendonly yes && redis-cli CONFIG REWRITE");
    }
    redis_reply_free(save);
}

static void check_eviction(struct doctor *d, const struct redis_reply *info)
{
    char limit[WORD_MAX], policy[WORD_MAX];
    info_value(info, "maxmemory", limit);
    info_value(info, "maxmemory_policy", policy);
    if (!limit[0] || strcmp(limit, "0") == 0 || strcmp(policy, "noeviction") == 0)
        return;
    finding_begin(&d->found, SEVERITY_FAULT, "redis-eviction");
    finding_what(&d->found, "maxmemory is %s and maxmemory-policy %s", limit, policy);
    finding_causes(&d->found, "when memory is short records disappear, and their users go by the "
                              "domain's rule");
    finding_mend(&d->found, "redis-cli CONFIG SET maxmemory-policy noeviction && redis-cli CONFIG "
                            "REWRITE");
}

static void check_info(struct doctor *d)
{
    struct redis_reply *persistence = LINK_ASK(d->link, "INFO", "persistence");
    if (!persistence) {
        doctor_unseen(d, "redis-unseen", "persistence and eviction", "+info +config|get");
        return;
    }
    check_persistence(d, persistence);
    redis_reply_free(persistence);
    struct redis_reply *memory = LINK_ASK(d->link, "INFO", "memory");
    if (memory)
        check_eviction(d, memory);
    redis_reply_free(memory);
}

static void tell_near(struct doctor *d, const char *id, const char *server, const char *why)
{
    finding_begin(&d->found, SEVERITY_FAULT, id);
    finding_what(&d->found, "replica: %s: %s", server, why);
    finding_causes(&d->found, "records come from memory, or are as old as what it has");
    finding_mend(&d->found, "start it and let it follow its master, or take `replica` out");
}

/* The server that records are read from instead. */
static void check_near_replica(struct doctor *d)
{
    char why[RECORD_FAULT_MAX];
    const char *url = d->config->replica;
    struct link *near = url ? link_new(d->config, url, why) : NULL;
    if (!near)
        return;
    if (!link_connect(near)) {
        tell_near(d, "replica-unreachable", link_server(near), link_why(near));
    } else {
        struct redis_reply *role = LINK_ASK(near, "ROLE");
        struct span what = redis_reply_text(redis_reply_item(role, 0));
        if (span_eq(what, SPAN_LIT("slave")) && !follows_master(role))
            tell_near(d, "replica-lost", link_server(near), "it has lost its master");
        redis_reply_free(role);
    }
    link_free(near);
}

void doctor_redis(struct doctor *d)
{
    d->found.area = AREA_REDIS;
    size_t before = d->found.n;
    struct redis_reply *hello = LINK_ASK(d->link, "HELLO");
    struct span version = hello_value(hello, "version");
    check_version(d, hello);
    check_role(d);
    check_info(d);
    check_near_replica(d);
    if (d->found.n == before)
        finding_ok(&d->found, "%s: version %.*s, keeps what it has on disk, evicts nothing",
                   link_server(d->link), SPAN_ARG(version));
    redis_reply_free(hello);
}

/* What one Sentinel says; `HOST:PORT` of the master in said. */
static bool ask_sentinel(struct doctor *d, struct redis_sentinels *all, size_t i, char *said,
                         size_t room)
{
    char why[RECORD_FAULT_MAX];
    struct redis_master master;
    if (redis_sentinels_ask(all, i, deadline_in(DOCTOR_TRY_MS), &master, why)) {
        snprintf(said, room, "%s:%u", master.host, master.port);
        return true;
    }
    finding_begin(&d->found, SEVERITY_WARNING, "sentinel-silent");
    finding_what(&d->found, "%s", why);
    finding_causes(&d->found, "one Sentinel less to say where the master is after a fail-over");
    finding_mend(&d->found, "start it, or take it out of `state`");
    return false;
}

static void ask_all(struct doctor *d, const struct redis_config *redis, struct redis_sentinels *all)
{
    char first[REDIS_HOST_MAX + WORD_MAX] = "", said[REDIS_HOST_MAX + WORD_MAX];
    bool one = true;
    for (size_t i = 0; i < redis->sentinels; i++) {
        if (!ask_sentinel(d, all, i, said, sizeof(said)))
            continue;
        if (!first[0])
            memcpy(first, said, sizeof(first));
        if (strcmp(first, said) == 0)
            continue;
        one = false;
        finding_begin(&d->found, SEVERITY_FAULT, "sentinels-disagree");
        finding_what(&d->found, "the Sentinels name different masters: %s and %s", first, said);
        finding_causes(&d->found, "nodes read and write different records");
        finding_mend(&d->found, "redis-cli -h %s -p %u SENTINEL RESET %s", redis->sentinel[i].name,
                     redis->sentinel[i].port, redis->master);
    }
    if (one && first[0])
        finding_ok(&d->found, "the Sentinels that answer name one master, %s", first);
}

void doctor_sentinels(struct doctor *d)
{
    struct redis_config redis;
    char *storage = NULL;
    d->found.area = AREA_REDIS;
    if (backend_server(d->config, d->config->state, &redis, &storage) && redis.sentinels > 0) {
        redis.connect_timeout_ms = redis.command_timeout_ms = DOCTOR_TRY_MS;
        struct redis_sentinels *all = redis_sentinels_new(&redis);
        if (all)
            ask_all(d, &redis, all);
        redis_sentinels_free(all);
    }
    free(storage);
}
