#ifndef COEXIST_STATE_REDIS_TRACKER_H
#define COEXIST_STATE_REDIS_TRACKER_H

#include "state/redis_client.h"
#include "state/redis_subscription.h"
#include "state/teller.h"

/*
 * Hears from Redis which keys have changed, in a thread of its own: CLIENT TRACKING in broadcast
 * mode, redirected to a connection that is subscribed to __redis__:invalidate (RESP2; for the
 * rights that this takes see redis_subscription.h). It pins the target to the server that it hears
 * from. A server that gives no sign of life within a PING's time limit, is a replica that has lost
 * its master, or is no longer the one that the Sentinels name, is lost. It is tried again, for
 * ever, after pauses as in redis_outage.h.
 *
 * Redis tells changes in all its databases, expiry and eviction included. It does not tell of
 * SWAPDB.
 */

struct redis_tracker_sink {
    /* One key has changed, expired or was evicted. */
    void (*changed)(void *arg, struct span key);
    /* All may have: FLUSHALL, FLUSHDB, or more keys at once than a reply may have. */
    void (*all_changed)(void *arg);
    /* From now on each change is heard: the server has confirmed the subscription. Comes after the
     * pin, and after connections to another server were retired. */
    void (*heard)(void *arg);
    /* Changes go unheard; also when the first attempt fails. away: the server cannot be reached or
     * does not answer; else it answers, and refuses to tell, or was lost a moment ago and is being
     * tried again at once. */
    void (*unheard)(void *arg, bool away);
    void *arg;
};

#define REDIS_TRACKER_PREFIXES_MAX REDIS_SUBSCRIPTION_PREFIXES_MAX

struct redis_tracker_config {
    struct redis_target *target;
    struct redis_client *client; /* reads records from the same server; retired with it; or NULL */
    const char *prefix[REDIS_TRACKER_PREFIXES_MAX]; /* of keys; none a prefix of another */
    size_t prefixes;
    unsigned ping_interval_ms;      /* between signs of life; 0: 1000 */
    struct redis_tracker_sink sink; /* called by the tracker's thread, and never twice the same of
                                     * heard() and unheard() in succession */
    struct teller teller;           /* `state-lost`, `state-back` */
};

struct redis_tracker;

/* Starts the thread. All that the configuration points to must outlive the tracker but for the
 * texts. NULL without memory or threads. */
struct redis_tracker *redis_tracker_start(const struct redis_tracker_config *config);

/* Ends the thread; comes back within the time limit of connecting or of a command, whichever is
 * longer. Nothing is told after that. NULL is borne. */
void redis_tracker_stop(struct redis_tracker *t);

#endif
