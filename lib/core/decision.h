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
    STATE_RECORD,  /* a user or group record gave the home; HOME_UNSET counts as a bad record */
    STATE_DEFAULT, /* no record; home is the domain's, or HOME_UNSET */
    STATE_BAD_RECORD,
    STATE_DOWN,
    STATE_STORM, /* the breaker is open for this recipient and home */
    STATE_NOT_OURS
};

struct decision_input {
    enum system node;
    enum origin origin; /* the peer only where it is known for certain by now */
    enum decision_state state;
    enum home home;
    bool stale;         /* what it said is remembered from before it was lost */
    enum home calendar; /* where iMIP mail goes when home is both; HOME_UNSET: the primary */
    bool has_route;     /* an address that reaches the mailbox on the peer is known */
    bool maps;          /* Postfix asks a map for the next hop of an address that stays */
    bool unsettled;     /* and may still use what the map has said before, which is another way */
    enum mode mode;
    bool null_sender;
    bool auto_submitted;
    bool imip;
    enum loop_verdict loop; /* LOOP_NONE before the headers are known */
    bool alone; /* it can be answered by itself: at RCPT, or when no other recipient goes on */
    enum on_conflict on_conflict; /* to deliver is to defer where the map would send it back */
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
#define ACTION_COUNT (ACTION_LOOP_MAILBOX + 1)
const char *action_name(enum action a);

/* The recipient is delivered or sent on as the state says. */
bool action_goes_on(enum action a);

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
    REASON_NO_ROUTE, /* it lives at the peer, and nothing says by which address */
    REASON_STATE_DOWN,
    REASON_NOT_OURS,
    REASON_UNKNOWN_USER,
    REASON_CALENDAR,
    REASON_LOOP,
    REASON_HOPS,
    REASON_BREAKER,
    REASON_SETTLING /* it has been flipped, and the map's old answer is still in use */
};
#define REASON_COUNT (REASON_SETTLING + 1)
const char *reason_name(enum reason r);

struct decision {
    enum action action; /* what is done under enforce */
    enum reason reason;
    enum action route; /* what the state alone asks for, one of those that go on, where it says so;
                          a held message is edited by it, so that its release goes the right way */
    bool observed;     /* mode observe: action is told and not carried out */
};

/*
 * The whole decision. Total: every input has an answer. Messages with a null sender and
 * auto-submitted ones are never rejected for a loop or a conflict, nor deferred for a loop: what
 * would be is held, so that no bounce feeds the loop and nothing is lost. By what is stale nothing
 * is rejected but a loop: a mailbox that was made or moved since is deferred.
 */
struct decision decision_make(const struct decision_input *in);

/* The SMTP reply code and enhanced status (RFC 3463) for a decision to defer or reject; code 0 for
 * any other action. */
struct reply_code {
    int code;
    const char *status;
};
struct reply_code decision_reply(const struct decision *d);

#endif
