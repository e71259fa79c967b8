#ifndef COEXIST_CTL_BOUNCE_H
#define COEXIST_CTL_BOUNCE_H

#include "ctl/delivery.h"

/* A message that only wraps another one: what it says, and what it wraps. */

enum bounce_kind {
    BOUNCE_NONE,
    BOUNCE_REPORT,  /* multipart/report (RFC 6522), or with a delivery status somewhere */
    BOUNCE_WORDS,   /* by its author a bounce, with the message attached or quoted in the text */
    BOUNCE_JOURNAL, /* the envelope that Exchange puts around what it journals */
    BOUNCE_ATTACHED /* no bounce at all: another message is attached to it */
};
const char *bounce_kind_name(enum bounce_kind k);

struct bounce {
    enum bounce_kind kind;
    struct delivery delivery;
    struct span original; /* the message that is wrapped; absent: it is not there */
    bool attached;        /* one is attached that was not looked for, as any was not given */
    bool header_only;     /* of that message nothing but its header is there */
    struct buf decoded;   /* what original points into, unless that is the bounce itself */
    struct buf status;    /* what delivery points into, besides the bounce itself */
};

/*
 * Looks into a message. The bounce's text must outlive *out, which the caller frees. any: a
 * message that is attached to one that is no bounce is looked for too. False without memory.
 */
bool bounce_read(const struct mail *m, bool any, struct bounce *out);
void bounce_free(struct bounce *b);

#endif
