#ifndef COEXIST_ENGINE_VERDICT_H
#define COEXIST_ENGINE_VERDICT_H

#include "base/buf.h"

/* What is to be done with a message: a value, made in one place and applied in another. */

/* An SMTP reply (RFC 5321 section 4.2, RFC 3463). code 0: none, go on. */
#define REPLY_TEXT_MAX 480

struct reply {
    int code;
    char status[8];
    char text[REPLY_TEXT_MAX + 1]; /* printable ASCII, one line */
};

/* Fills in code and status; text is cut at REPLY_TEXT_MAX, and what is not printable ASCII becomes
 * '?'. */
void reply_set(struct reply *r, int code, const char *status, struct span text);

enum edit_kind {
    EDIT_ADD_RECIPIENT,    /* name: <address>; value: ESMTP parameters */
    EDIT_DELETE_RECIPIENT, /* name: as it came in RCPT TO */
    EDIT_DELETE_HEADER,    /* name; index among fields of that name, from 1 */
    EDIT_INSERT_HEADER,    /* name, value; on top */
    EDIT_HOLD              /* value: why */
};

struct edit {
    enum edit_kind kind;
    char *name;
    char *value;
    unsigned index;
};

/*
 * The edits stand in the order in which they must be applied: recipients added before any is
 * deleted, so that a crash in between duplicates and never loses; header fields deleted, the
 * highest index first, before any is inserted. With a reply code they are not to be applied.
 */
struct verdict {
    struct reply reply;
    struct edit *edit;
    size_t edits;
    size_t room;
    bool untraced; /* there were too many recipients for a trace: the message goes without one */
    bool failed;   /* no memory: the verdict is incomplete and must not be applied */
};

/* Appends an edit; copies both texts, either of which may be absent. */
void verdict_add(struct verdict *v, enum edit_kind kind, struct span name, struct span value,
                 unsigned index);

void verdict_free(struct verdict *v);

#endif
