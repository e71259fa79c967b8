#ifndef COEXIST_ENGINE_MESSAGE_H
#define COEXIST_ENGINE_MESSAGE_H

#include "engine/client.h"
#include "engine/facts.h"
#include "engine/recipient.h"
#include "engine/verdict.h"

/*
 * One message on its way through: its envelope and header go in, in SMTP's order, and a verdict
 * comes out. Knows nothing of the protocol that they came by. Used by one thread at a time.
 */

#define MESSAGE_RECIPIENTS_MAX 10000

struct message;

/*
 * Begins a message with its MAIL command. sender: as it came; `<>` or empty is the null sender. The
 * client is read, not kept. Takes a reference to the engine. NULL without memory.
 */
struct message *message_new(struct engine *e, const struct client *client, struct span sender);

/* Counts what became of it. NULL is borne. */
void message_free(struct message *m);

/* How one recipient was decided, for who explains it: borrowed for the call. */
struct message_decided {
    const struct recipient *recipient;
    struct decision_input input;
    enum origin origin;
    const struct facts *facts; /* NULL at RCPT, as is the path */
    const struct path *path;
};

/* From now on each recipient is told with its decision: at RCPT, taken for now or refused, and once
 * more at the end of the message. */
void message_watch(struct message *m, void (*decided)(void *arg, const struct message_decided *d),
                   void *arg);

/*
 * One RCPT command: text as it came, params its ESMTP parameters joined by blanks (or empty). Looks
 * the recipient up. A reply with a code refuses it, and it is then no part of the message; only
 * mail by SMTP is answered here. queue_id: for the log, NULL while there is none.
 */
void message_recipient(struct message *m, struct span text, struct span params,
                       const char *queue_id, struct reply *reply);

/* One header field, topmost first; value as it came, folded or not. */
void message_header(struct message *m, struct span name, struct span value);

/*
 * A piece of the body, in their order, of any size. False where no more of them are needed: at the
 * first one, unless a recipient lives on both systems and the header leaves open whether this is an
 * invitation; later, as soon as that is known.
 */
bool message_body(struct message *m, struct span piece);

/*
 * The end of the message: what is to be done with it. now: seconds UTC. The caller frees the
 * verdict with verdict_free(). Call once.
 */
void message_end(struct message *m, const char *queue_id, int64_t now, struct verdict *out);

/*
 * The MTA has taken the verdict's edits, and the message is on its way: the other nodes are told
 * what was decided and what was sent to the peer. Not to be called where an edit failed; for a
 * message that was refused it does nothing, since message_end() has told of that.
 */
void message_done(struct message *m, const char *queue_id);

enum message_step { MESSAGE_AT_RCPT, MESSAGE_AT_END };

/* Counts how long the MTA has waited for its answer at this step, in microseconds. */
void message_took(const struct message *m, enum message_step step, int64_t us);

#endif
