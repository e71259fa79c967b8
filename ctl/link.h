#ifndef COEXIST_CTL_LINK_H
#define COEXIST_CTL_LINK_H

#include "state/redis_reply.h"
#include "state/redis_target.h"
#include "sys/config.h"

/*
 * One connection to the Redis that the state is kept in (the master, where Sentinels name it), for
 * one thread. A person waits for it: it bears a slower server than the daemon does.
 */

#define LINK_TIMEOUT_MS                                                                            \
    5000 /* of connecting and of each exchange, where the daemon's are shorter */

struct link;

/* For the server of this URL (as `state` of the configuration has it, and with the rest of the
 * configuration); connects nothing yet. NULL, with a sentence in why, where it names no Redis, or
 * without memory. */
struct link *link_new(const struct config *config, const char *url, char why[RECORD_FAULT_MAX]);
void link_free(struct link *l); /* NULL is borne */

/* Connects unless it is connected. False with link_why(). */
bool link_connect(struct link *l);

/* Gives the connection up; the next link_connect() makes another. */
void link_drop(struct link *l);

/* The server as the log names it: `127.0.0.1:6379`, a path, `master NAME`. */
const char *link_server(const struct link *l);

/* What failed last; "" for nothing. */
const char *link_why(const struct link *l);

/* Sets link_why(), and gives the connection up: answers may be left on it. */
void link_fail(struct link *l, const char *why);

/* The same, for an answer that is none to this command: by an error reply's own words. */
void link_refuse(struct link *l, const struct redis_reply *reply, const char *command);

/*
 * One command and its answer, which the caller frees with redis_reply_free(). link_ask() takes an
 * error reply for a failure. NULL after a failure, with link_why(); the connection is then dropped
 * unless it was an error reply.
 */
struct redis_reply *link_call(struct link *l, const struct span *word, size_t words);
struct redis_reply *link_ask(struct link *l, const struct span *word, size_t words);

/* link_ask() of C strings: LINK_ASK(l, "HGET", key, "home"). */
#define LINK_ASK(l, ...)                                                                           \
    link_ask_texts((l), (const char *const[]){ __VA_ARGS__ },                                      \
                   sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))
struct redis_reply *link_ask_texts(struct link *l, const char *const *word, size_t words);

/*
 * Many commands in one exchange: add each, send, and take an answer for each, in their order. Keep
 * the batches bounded: a few hundred commands, and answers of no more than REDIS_REPLY_OCTETS_MAX
 * each. link_next() hands error replies on; link_next_good() takes them for failures, and the
 * further answers must be taken all the same.
 */
void link_add(struct link *l, const struct span *word, size_t words);
void link_add_texts(struct link *l, const char *const *word, size_t words);
#define LINK_ADD(l, ...)                                                                           \
    link_add_texts((l), (const char *const[]){ __VA_ARGS__ },                                      \
                   sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))
bool link_send(struct link *l);
struct redis_reply *link_next(struct link *l);
struct redis_reply *link_next_good(struct link *l);

/* What link_next(), or what calls it, failed by last is an answer that passes a cap of
 * redis_connection.h: to ask for less may help, on another connection. */
bool link_too_long(const struct link *l);

/* As link_next(), but bears that the server says nothing for so long, as after XREAD BLOCK, or
 * until wake (a descriptor, or -1) can be read: *idle is then true, and the answer still to come.
 */
struct redis_reply *link_wait(struct link *l, unsigned ms, int wake, bool *idle);

#endif
