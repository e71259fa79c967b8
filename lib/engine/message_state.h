#ifndef COEXIST_ENGINE_MESSAGE_STATE_H
#define COEXIST_ENGINE_MESSAGE_STATE_H

#include "core/imip.h"
#include "engine/facts.h"
#include "engine/message.h"
#include "engine/meter.h"
#include "engine/recipient.h"

/* The inside of a message, for the files that work on one; others include message.h. */

#define MESSAGE_TOO_MANY "too many recipients (coexist)"
#define MESSAGE_UNREAD "try again: it must be known whether this is an invitation (coexist)"
#define MESSAGE_NO_MEMORY "out of memory, try again later (coexist)"

struct message {
    struct engine *engine;
    enum origin origin;
    bool smtp;
    bool authenticated;
    bool null_sender;
    struct recipient *recipient;
    size_t recipients;
    size_t room;
    struct facts facts;
    bool bodiless;
    struct imip *imip;    /* the search for an invitation in the body, while there is one */
    struct path path;     /* made at end of message */
    struct buf path_text; /* of it */
    /* A recipient is missing that could not be refused at RCPT. */
    bool too_many;
    bool no_memory;
    void (*decided)(void *arg, const struct message_decided *d); /* NULL: nobody watches */
    void *decided_arg;
    bool passed; /* the verdict is to apply, not to refuse; what follows from that is still to do */
    bool held;   /* by that verdict */
    enum message_outcome outcome; /* so far */
};

struct surroundings message_surroundings(const struct message *m, bool alone);

/* The body has ended: an invitation, or none. */
void message_body_end(struct message *m);

/* It cannot be known whether this is an invitation, which decides about a recipient: the body
 * tells, and the MTA was not asked for it. */
bool message_misses_body(const struct message *m);

/* The header that identifies the peer is still to come. */
bool message_may_be_peer(const struct message *m);

#endif
