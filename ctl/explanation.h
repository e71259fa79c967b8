#ifndef COEXIST_CTL_EXPLANATION_H
#define COEXIST_CTL_EXPLANATION_H

#include "core/decision_rules.h"
#include "ctl/caller.h"
#include "ctl/dry.h"
#include "engine/message.h"

/* What the filter would do with a message for one recipient, and all that led to it. */

struct explanation_question {
    const char *rcpt;   /* as it would stand in RCPT, with or without its angle brackets */
    const char *sender; /* the same; "" or <>: the null sender */
    struct span header; /* of the message; absent: it has none */
};

/* What was found in the header. */
struct explanation_header {
    char *message_id; /* NULL: none */
    size_t hops;
    size_t traces;
    size_t older_traces; /* of an earlier journey */
    size_t forged;
    enum trace_verdict fault; /* of the last forged one */
    bool null_sender;
    bool auto_submitted;
    bool imip;
    struct buf path;
};

struct explanation {
    struct explanation_question question;
    struct caller caller;
    struct dry *dry; /* borrowed, as the question */
    enum origin origin;
    enum origin decided_from; /* the origin that was weighed: the peer also where it has had it */
    bool decided;             /* else there was nothing to decide: see the reply */
    struct decision decision;
    struct weighing weighing;
    enum decision_state state;
    enum home home;
    char *address; /* as it was read; NULL: it is no address */
    char *mailbox; /* that it is an alias of; NULL: of none */
    char *target;  /* where it would be sent on the peer; NULL: nowhere known */
    char *record;  /* the key that said it; NULL: none did */
    char *why;     /* what is wrong with that */
    unsigned remembered;
    struct loop loop;
    bool at_rcpt; /* the reply is given there */
    struct verdict verdict;
    struct explanation_header header;
    bool failed; /* no memory */
};

/* Puts the question to the dry engine. The caller frees. False without memory. */
bool explanation_make(struct explanation *x, struct dry *dry, const struct caller *caller,
                      const struct explanation_question *question);
void explanation_free(struct explanation *x);

/* STATUS_YES where the message goes on to the recipient, STATUS_NO where it does not, or is none of
 * ours; STATUS_UNAVAILABLE where the state could not be asked. */
enum status explanation_status(const struct explanation *x);

#endif
