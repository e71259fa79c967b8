#ifndef COEXIST_CTL_STORY_H
#define COEXIST_CTL_STORY_H

#include "ctl/event_list.h"
#include "ctl/record_set.h"
#include "ctl/stream.h"

/*
 * All that the nodes have told of one message or one recipient, and what was done meanwhile to the
 * records that were looked at: those of its recipients, their groups and domains, and imports,
 * which do not say of whom.
 */

struct story {
    struct span of;     /* a Message-ID, with or without its brackets, or an address */
    const char *prefix; /* of the keys in Redis */
    size_t limit;       /* decisions, the newest ones */
    struct event_list list;
    struct record_set records; /* that bear on it */
    bool cut;                  /* there are more than the limit */
    bool failed;               /* no memory */
};

/* The event is of it: its message, or its recipient, also as where it was sent or whose alias it
 * is. */
bool story_has(const struct story *s, const struct event *e);

/* Fills the list, in order, from the first name on. STATUS_YES; STATUS_UNAVAILABLE with link_why();
 * or STATUS_NO without memory. */
enum status story_gather(struct story *s, struct stream *stream, struct event_id first);

void story_print(const struct story *s, struct out *o);

void story_free(struct story *s);

#endif
