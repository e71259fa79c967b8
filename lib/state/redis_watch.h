#ifndef COEXIST_STATE_REDIS_WATCH_H
#define COEXIST_STATE_REDIS_WATCH_H

#include "state/redis_target.h"

/*
 * Looks from time to time, in a thread of its own, whether the server to which the target is pinned
 * is still one to listen to: the Sentinels mean it, and its ROLE will do (redis_subscription.h). A
 * thread, because neither can be asked on the connection that is subscribed, and
 * no invalidation is to wait for a Sentinel that does not answer. What can't be found out, for want
 * of rights or of an answer, counts as good.
 */

struct redis_watch;

/* wake: an eventfd, written to when the server is lost. NULL without memory or threads. */
struct redis_watch *redis_watch_start(struct redis_target *target, unsigned interval_ms, int wake);

/* The target has just been pinned to a server that was good. */
void redis_watch_begin(struct redis_watch *w);

/* Until redis_watch_begin() there is nothing to watch. */
void redis_watch_end(struct redis_watch *w);

/* True, with a sentence in why, when the server has been lost since redis_watch_begin(). */
bool redis_watch_lost(struct redis_watch *w, char why[RECORD_FAULT_MAX]);

/* Tells the thread to end, and does not wait for it. */
void redis_watch_stop(struct redis_watch *w);

/* Waits for the thread, for the time limit of connecting or of a command. NULL is borne. */
void redis_watch_free(struct redis_watch *w);

#endif
