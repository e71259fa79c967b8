#include "state/redis_tracker.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "state/deadline.h"
#include "state/fault.h"
#include "state/redis_outage.h"
#include "state/redis_subscription.h"
#include "state/redis_watch.h"
#include "state/thread.h"

#define PING_INTERVAL_MS 1000

/* What the sink was told last. */
enum said { SAID_NOTHING, SAID_HEARD, SAID_UNHEARD, SAID_AWAY };

struct redis_tracker {
    struct redis_tracker_config config; /* its prefixes belong to the tracker */
    const struct redis_config *redis;   /* the target's */
    int wake;         /* an eventfd: the thread is to look at stop, or at the watch */
    atomic_bool stop; /* tells the thread to end */
    pthread_t thread;
    struct redis_watch *watch;
    /* What follows is the thread's own. */
    struct redis_connection *connection; /* NULL while there is no subscription */
    bool pinned;                         /* the target, by us */
    enum said said;
    struct redis_outage outage;
};

/* Why the server is not heard, or no more. */
struct loss {
    enum redis_failure kind;
    struct redis_refusal refusal;
};

static bool tracker_is_stopped(struct redis_tracker *t)
{
    return atomic_load(&t->stop);
}

/* Only stop ends the wait early: what the watch has written is about what is lost already. */
static void tracker_pause(struct redis_tracker *t, unsigned ms)
{
    struct pollfd p = { .fd = t->wake, .events = POLLIN };
    eventfd_t woken;
    eventfd_read(t->wake, &woken);
    if (!tracker_is_stopped(t))
        poll(&p, 1, (int)ms);
}

static void tracker_say(struct redis_tracker *t, enum said said)
{
    const struct redis_tracker_sink *sink = &t->config.sink;
    if (said == t->said)
        return;
    t->said = said;
    if (said == SAID_HEARD)
        sink->heard(sink->arg);
    else
        sink->unheard(sink->arg, said == SAID_AWAY);
}

/* Goes on with the pinned server while the Sentinels, all of them away maybe, name no other. */
static bool tracker_connect(struct redis_tracker *t, struct redis_refusal *no)
{
    char still[RECORD_FAULT_MAX];
    struct redis_target *target = t->config.target;
    *no = (struct redis_refusal){ 0 };
    t->connection =
        redis_target_connect_anew(target, deadline_in(t->redis->connect_timeout_ms), no->why);
    if (!t->connection && t->pinned && t->redis->sentinels > 0 && !tracker_is_stopped(t) &&
        redis_target_still_meant(target, deadline_in(t->redis->command_timeout_ms)) &&
        !tracker_is_stopped(t))
        t->connection =
            redis_target_connect(target, deadline_in(t->redis->connect_timeout_ms), still);
    return t->connection;
}

/* Looks at stop in between, so that nobody waits for more than one step. */
static bool tracker_subscribe(struct redis_tracker *t, struct redis_refusal *no)
{
    unsigned ms = t->redis->command_timeout_ms;
    int64_t id;
    return tracker_connect(t, no) && !tracker_is_stopped(t) &&
           redis_subscription_ask(t->connection, t->redis, deadline_in(ms), &id, no) &&
           !tracker_is_stopped(t) &&
           redis_subscription_begin(t->connection, id, t->config.prefix, t->config.prefixes,
                                    deadline_in(ms), no);
}

static void tracker_heard(struct redis_tracker *t)
{
    int64_t length;
    bool other = redis_target_pin(t->config.target, t->connection);
    t->pinned = true;
    if (other && t->config.client)
        redis_client_retire(t->config.client);
    redis_watch_begin(t->watch);
    tracker_say(t, SAID_HEARD);
    if (redis_outage_over(&t->outage, deadline_now(), &length))
        teller_tell(&t->config.teller, false, "state-back",
                    "changes of records are heard again, after %lld.%03d s",
                    (long long)(length / 1000), (int)(length % 1000));
}

static void tracker_tell_lost(struct redis_tracker *t, const struct loss *loss)
{
    static const char *const what[] = {
        [FAILURE_CLOSED] = "the server was lost",
        [FAILURE_AWAY] = "the server is away",
        [FAILURE_REFUSED] = "the server does not tell them",
    };
    const char *hint = loss->refusal.hint;
    teller_tell(&t->config.teller, true, "state-lost", "changes of records go unheard: %s: %s%s%s",
                what[loss->kind], loss->refusal.why, hint ? "; " : "", hint ? hint : "");
}

/* Gives the pause that is due. */
static unsigned tracker_lost(struct redis_tracker *t, const struct loss *loss)
{
    bool tell;
    redis_watch_end(t->watch);
    if (t->connection)
        redis_connection_close(t->connection);
    t->connection = NULL;
    tracker_say(t, loss->kind == FAILURE_AWAY ? SAID_AWAY : SAID_UNHEARD);
    unsigned pause = redis_outage_failed(&t->outage, loss->kind, deadline_now(), &tell);
    if (tell)
        tracker_tell_lost(t, loss);
    return pause;
}

/* When a sign of life is asked for, and until when it is waited for. */
struct pulse {
    bool asked;
    int64_t next;
    int64_t limit;
};

/* False at the end of the subscription. */
static bool tracker_take(struct redis_tracker *t, const struct redis_reply *message,
                         struct pulse *pulse, struct redis_refusal *no)
{
    const struct redis_tracker_sink *sink = &t->config.sink;
    enum redis_message kind = redis_message_kind(message, no);
    switch (kind) {
    case MESSAGE_PONG:
        pulse->asked = false;
        break;
    case MESSAGE_ALL:
        sink->all_changed(sink->arg);
        break;
    case MESSAGE_KEYS:
        for (size_t i = 0; i < redis_message_keys(message); i++)
            sink->changed(sink->arg, redis_message_key(message, i));
        break;
    case MESSAGE_REFUSED:
        break;
    }
    pulse->limit = deadline_in(t->redis->command_timeout_ms);
    return kind != MESSAGE_REFUSED;
}

/* The next message, of which more may be under way. One that passes the caps may be about any
 * key. */
static bool tracker_read(struct redis_tracker *t, struct pulse *pulse, struct loss *loss)
{
    struct redis_reply *message = NULL;
    enum redis_outcome o = redis_connection_reply(
        t->connection, deadline_in(t->redis->command_timeout_ms), &message, loss->refusal.why);
    if (o == OUTCOME_TOO_LONG) {
        t->config.sink.all_changed(t->config.sink.arg);
        fault_set(loss->refusal.why, "too many keys changed at once to be told");
    }
    if (o != OUTCOME_DONE)
        return false;
    bool go_on = tracker_take(t, message, pulse, &loss->refusal);
    if (!go_on)
        loss->kind = FAILURE_REFUSED;
    redis_reply_free(message);
    return go_on;
}

/* Nothing came for a while. */
static bool tracker_beat(struct redis_tracker *t, struct pulse *pulse, struct loss *loss)
{
    if (deadline_left(pulse->asked ? pulse->limit : pulse->next) > 0)
        return true;
    if (pulse->asked) {
        loss->kind = FAILURE_AWAY;
        fault_set(loss->refusal.why, "no answer in time");
        return false;
    }
    pulse->asked = true;
    pulse->limit = deadline_in(t->redis->command_timeout_ms);
    pulse->next = deadline_in(t->config.ping_interval_ms);
    return redis_subscription_ping(t->connection, pulse->limit, &loss->refusal);
}

static bool tracker_turn(struct redis_tracker *t, struct pulse *pulse, struct loss *loss)
{
    eventfd_t woken;
    if (redis_connection_wait(t->connection, t->wake, pulse->asked ? pulse->limit : pulse->next))
        return tracker_read(t, pulse, loss);
    eventfd_read(t->wake, &woken);
    return tracker_beat(t, pulse, loss);
}

/* Comes back when the server is lost. */
static void tracker_listen(struct redis_tracker *t, struct loss *loss)
{
    struct pulse pulse = { .next = deadline_in(t->config.ping_interval_ms) };
    *loss = (struct loss){ .kind = FAILURE_CLOSED };
    while (!tracker_is_stopped(t) && !redis_watch_lost(t->watch, loss->refusal.why) &&
           tracker_turn(t, &pulse, loss))
        continue;
}

static void *tracker_run(void *tracker)
{
    struct redis_tracker *t = tracker;
    while (!tracker_is_stopped(t)) {
        struct loss loss = { 0 };
        if (tracker_subscribe(t, &loss.refusal)) {
            tracker_heard(t);
            tracker_listen(t, &loss);
        } else {
            loss.kind = loss.refusal.answered ? FAILURE_REFUSED : FAILURE_AWAY;
        }
        if (!tracker_is_stopped(t))
            tracker_pause(t, tracker_lost(t, &loss));
    }
    if (t->connection)
        redis_connection_close(t->connection);
    return NULL;
}

static void tracker_free(struct redis_tracker *t)
{
    redis_watch_free(t->watch);
    if (t->wake >= 0)
        close(t->wake);
    for (size_t i = 0; i < t->config.prefixes; i++)
        free((void *)t->config.prefix[i]);
    free(t);
}

/* False without memory. */
static bool copy_prefixes(struct redis_tracker_config *c, const struct redis_tracker_config *from)
{
    for (size_t i = 0; i < from->prefixes; i++) {
        c->prefix[i] = strdup(from->prefix[i]);
        if (!c->prefix[i])
            return false;
        c->prefixes = i + 1;
    }
    return true;
}

struct redis_tracker *redis_tracker_start(const struct redis_tracker_config *config)
{
    if (config->prefixes > REDIS_TRACKER_PREFIXES_MAX)
        return NULL;
    struct redis_tracker *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->config = *config;
    t->config.prefixes = 0;
    if (config->ping_interval_ms == 0)
        t->config.ping_interval_ms = PING_INTERVAL_MS;
    t->redis = redis_target_config(config->target);
    t->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (t->wake >= 0 && copy_prefixes(&t->config, config))
        t->watch = redis_watch_start(config->target, t->config.ping_interval_ms, t->wake);
    if (t->watch && thread_start(&t->thread, tracker_run, t))
        return t;
    tracker_free(t);
    return NULL;
}

void redis_tracker_stop(struct redis_tracker *t)
{
    if (!t)
        return;
    atomic_store(&t->stop, true);
    eventfd_write(t->wake, 1);
    redis_watch_stop(t->watch);
    pthread_join(t->thread, NULL);
    tracker_free(t);
}
