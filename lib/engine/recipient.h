#ifndef COEXIST_ENGINE_RECIPIENT_H
#define COEXIST_ENGINE_RECIPIENT_H

#include "core/decision.h"
#include "engine/engine.h"

/* One recipient of a message: what came, what the state says, and what was decided. */
struct recipient {
    char *text;             /* RCPT TO as it came, angle brackets and all */
    char *params;           /* its ESMTP parameters, joined by blanks; "" without any */
    struct address address; /* empty where text is no address */
    bool unreadable; /* no address, or one that the MTA may read as another: nobody can say whose */
    enum decision_state state;
    enum home home;
    enum home calendar;
    enum mode mode;
    bool reads_body;       /* an invitation goes another way, and the body may say that it is one */
    char *mailbox;         /* the mailbox that this address is an alias of, or NULL */
    struct span extension; /* of the address, which its mailbox shall have too; absent: none */
    char *target;          /* the address that reaches the mailbox on the peer, or NULL */
    char *key;             /* the record that said it, or NULL */
    char *why;             /* what is wrong with that record or with the store, or NULL */
    bool stale;            /* a record that was used is remembered from before the state was lost */
    unsigned age_s;        /* of the oldest such */
    unsigned remembered;   /* by the ledger, how often it was sent to the peer before */
    struct loop loop;
    bool peer_has_had; /* see loop_peer_has_had() */
    bool unsettled;    /* the MTA may still use what the map has said of it before */
    struct decision decision;
};

/* What is known of the message around a recipient when it is decided. */
struct surroundings {
    enum origin origin;
    bool null_sender;
    bool auto_submitted;
    bool imip;
    bool alone;
};

/*
 * Reads the address and asks the store where its mailbox lives; one round trip, or two, or three
 * (see resolve_address()). Where a home was found for which the breaker is open, the state is
 * STATE_STORM; where the map has said another way of late, it is unsettled. False without memory:
 * the recipient must be deferred and then freed.
 */
bool recipient_init(struct recipient *r, const struct engine *e, struct span text,
                    struct span params);

/*
 * As recipient_init(), for a look-up of an address by itself: by the answers of this store in place
 * of the engine's; one without a domain stays so, and none is unsettled.
 */
bool recipient_look(struct recipient *r, const struct engine *e, struct store *store,
                    struct span address);

void recipient_free(struct recipient *r);

/* Appends the mailbox that the recipient, which has one, is an alias of. An extension is kept, as
 * Postfix does (propagate_unmatched_extensions). */
void recipient_mailbox(const struct recipient *r, struct buf *out);

/* It is not kept, since its own system says that it lives at the one it came from. */
bool recipient_is_conflict(const struct recipient *r);

/* What recipient_decide() decides by. */
struct decision_input recipient_decision_input(const struct recipient *r, const struct engine *e,
                                               const struct surroundings *s);

/* Decides, by r->loop, r->peer_has_had and what recipient_init() found; sets r->decision. */
void recipient_decide(struct recipient *r, const struct engine *e, const struct surroundings *s);

/* The recipient is edited as its decision says: it is ours, and its domain is not just observed. */
bool recipient_is_acted_on(const struct recipient *r);

/* What really happens to the recipient's delivery: ACTION_HERE, _DIVERT, _BOTH, _LEAVE, or
 * ACTION_LOOP_MAILBOX. */
enum action recipient_delivery(const struct recipient *r);

/* The address that takes the recipient's place, or gets a copy; NULL for none. Borrowed. */
const char *recipient_target(const struct recipient *r, const struct engine *e);

#endif
