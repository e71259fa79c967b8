#ifndef COEXIST_CORE_DECISION_H
#define COEXIST_CORE_DECISION_H

#include "base/words.h"
#include "core/loop.h"

/*
 * What happens to one recipient: a pure function of what is known about it. No row sends a
 * recipient to the system that the message has just come from.
 */

/* What the state said. */
enum decision_state {
    STATE_RECORD,  /* a user or group record gave the home */
    STATE_DEFAULT, /* no record; home is the domain's, or HOME_UNSET */
    STATE_BAD_RECORD,
    STATE_DOWN,
    STATE_NOT_OURS
};

struct decision_input {
    enum system node;
    enum origin origin;
    bool origin_settled; /* false: headers, not seen yet, may still make an external client the peer
                          */
    enum decision_state state;
    enum home home;
    enum home calendar; /* HOME_UNSET: the primary */
    bool has_route;     /* an address that reaches the mailbox on the peer is known */
    bool maps;          /* Postfix asks a map for the next hop; no recipient is replaced */
    enum mode mode;
    bool null_sender;
    bool auto_submitted;
    bool imip;
    enum loop_verdict loop; /* LOOP_NONE before the headers are known */
    bool alone;             /* no other recipient of the message goes on; see `alone` below */
    enum on_conflict on_conflict;
    enum on_loop on_loop;
    bool has_loop_mailbox; /* there is one, and it is not this recipient */
};

enum action {
    ACTION_LEAVE,  /* not ours: no edit, no reply */
    ACTION_HERE,   /* deliver here */
    ACTION_DIVERT, /* to the peer: replaced by its route, or by the map */
    ACTION_BOTH,   /* deliver here, and a copy to the peer */
    ACTION_DEFER,
    ACTION_REJECT,
    ACTION_HOLD,        /* the message goes to the hold queue */
    ACTION_LOOP_MAILBOX /* replaced by the loop mailbox */
};
const char *action_name(enum action a);

enum reason {
    REASON_HOME_HERE,
    REASON_HOME_PEER,
    REASON_DUAL,
    REASON_MOVING,
    REASON_DEFAULT,
    REASON_SPLIT_HORIZON,
    REASON_AUTHORITY,
    REASON_CONFLICT,
    REASON_BAD_RECORD,
    REASON_STATE_DOWN,
    REASON_NOT_OURS,
    REASON_UNKNOWN_USER,
    REASON_CALENDAR,
    REASON_LOOP,
    REASON_HOPS
};
const char *reason_name(enum reason r);

struct decision {
    enum action action; /* what would be done under enforce */
    enum reason reason;
    enum action route; /* ACTION_HERE, _DIVERT, _BOTH or _LEAVE: what the state alone asks for; for
                          a held message the edits follow it */
    bool observed;     /* mode observe: action is told and not carried out */
    bool wait;         /* at RCPT: what the headers say may still change this; do not answer yet */
};

/* The whole decision. Total: every input has an answer. */
struct decision decision_make(const struct decision_input *in);

/* The SMTP reply code and enhanced status (RFC 3463) for a decision to defer or reject; code 0 for
 * any other action. */
struct reply_code {
    int code;
    const char *status;
};
struct reply_code decision_reply(const struct decision *d);

#endif
