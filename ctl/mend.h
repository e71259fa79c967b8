#ifndef COEXIST_CTL_MEND_H
#define COEXIST_CTL_MEND_H

#include "base/buf.h"
#include "base/words.h"
#include "ctl/event.h"

/*
 * What would end a loop or a conflict that an event tells of. One system says that a mailbox is on
 * the other, which hands it back: one of the two is wrong, and only a person knows which. So both
 * are told: the record to flip, and what to look at where the record is right.
 */

#define MEND_TEXT_MAX 4096

struct mend {
    struct buf flip;  /* the command that flips the record: `coexistctl flip ...`; "" for none */
    struct buf redis; /* the same by redis-cli; "" for none */
    struct buf when;  /* in which case that is right */
    struct buf other; /* what is to be done where it is not, or where no record would mend it */
};

/* own: the system of the node that tells, where its event does not say. Commands are left out for a
 * recipient whose name cannot be typed safely. The caller frees. */
void mend_init(struct mend *m, const struct event *e, const char *prefix, enum system own);
void mend_free(struct mend *m);

/* False when there was no memory for one of the texts. */
bool mend_ok(const struct mend *m);

#endif
