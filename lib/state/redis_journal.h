#ifndef COEXIST_STATE_REDIS_JOURNAL_H
#define COEXIST_STATE_REDIS_JOURNAL_H

#include "state/journal.h"
#include "state/redis_client.h"
#include "state/teller.h"

/*
 * The journal in Redis. Writes go through a bounded queue to one thread, which sends them in
 * pipelined batches; when the queue is full the oldest entry is dropped and counted. While the
 * server is away, or loads its data, or is a replica though Sentinels name it, entries wait in the
 * queue. Those on their way when a connection is lost may be written twice; an entry that is
 * refused is not tried again.
 *
 *   PREFIX events            stream   XADD MAXLEN ~ events_max; one field for each of the event's
 *   PREFIX ledger:DIGEST     string   APPEND `ARRIVAL,` (a name of its own for an empty one) and
 *                                     EXPIRE; read by GETRANGE, together with what waits here;
 *                                     one that has grown long is replaced by `*`
 *   PREFIX strikes:HOME:RCPT string   SET 0 EX NX and INCR
 *   PREFIX breaker           zset     `HOME RCPT` by the second when it closes; ZADD when the
 *                                     strikes reach the limit, ZREMRANGEBYSCORE of what is over
 * The breaker's set is read whole at the beginning, when redis_journal_reread() is called, and
 * every BREAKER_REREAD_S, those that close last where there are many; what was read last is what
 * counts while the server is away. `redis-cli ZREM` closes a breaker by hand.
 */

#define BREAKER_REREAD_S 30
#define BREAKER_KEY "breaker" /* behind the prefix; see redis_journal_reread() */

struct redis_journal_config {
    struct redis_client *client; /* its prefix is the target's; must outlive the journal */
    size_t queue_max;            /* entries waiting */
    unsigned events_max;         /* length that the stream is trimmed to; 0: no events */
    unsigned ledger_window_s;    /* 0: no ledger: visits are 0 */
    unsigned breaker_limit;      /* 0: no breaker */
    unsigned breaker_window_s;
    struct teller teller;
};

/* NULL without memory or random octets. Closing waits for the queue to be written, for a command's
 * time limit at most. */
struct journal *redis_journal_new(const struct redis_journal_config *config);

/* Starts the thread, before which nothing is written and no breaker is known; again: does nothing.
 * False without threads. */
bool redis_journal_start(struct journal *j);

/* The breaker's set has changed. */
void redis_journal_reread(struct journal *j);

/* Ends the thread, as closing does, and what is counted from then on stays as it is. Nothing may be
 * told after that. */
void redis_journal_stop(struct journal *j);

struct redis_journal_counts {
    uint64_t events, sent, strikes;    /* taken */
    uint64_t written;                  /* entries that the server has answered well */
    uint64_t dropped;                  /* the queue was full, or closing took too long */
    uint64_t refused;                  /* an error reply */
    uint64_t batches;                  /* pipelined writes */
    uint64_t reads, reads_unavailable; /* of the ledger, in queries */
    size_t waiting;
    size_t open; /* breakers */
};
void redis_journal_count(struct journal *j, struct redis_journal_counts *out);

#endif
