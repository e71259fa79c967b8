#ifndef COEXIST_CTL_JUDGEMENT_H
#define COEXIST_CTL_JUDGEMENT_H

#include "core/loop.h"
#include "ctl/letter.h"

/*
 * Whether a message loops. With a configuration as its node saw it when the message was there last,
 * or when the peer offered it and made a bounce of the refusal. Else by the systems that it came
 * back to: as often as the filter bears by default, and from the same other system. A loop with a
 * system that the configuration does not know is told too.
 */

#define JUDGEMENT_MAX_CROSSINGS                                                                    \
    3 /* `max_crossings` and `max_hops` where no configuration says so */
#define JUDGEMENT_MAX_HOPS 50
#define JUDGEMENT_RECIPIENTS_MAX 16 /* addresses that it may be for, which are tried */

struct judgement {
    enum loop_verdict verdict;
    unsigned evidence;  /* LOOP_BY_ bits */
    size_t visits;      /* how often it came to `system` */
    const char *system; /* that it came back to; NULL: to none. Lives as long as the letter */
    const char *other;  /* that it came back from */
    unsigned max_hops;
};

/* around: the bounce that the message was found in, or NULL. */
void judgement_make(const struct letter *l, const struct bounce *around, const struct viewpoint *v,
                    struct judgement *out);

/* The order in which one verdict hides another: a loop is the greatest. */
int judgement_weight(enum loop_verdict v);

/* It is one that ends the tool with STATUS_NO. */
bool judgement_is_loop(const struct judgement *j);

/* Says it in words: `it came to A 3 times, back and forth with B (evidence: received)`. */
void judgement_write(const struct judgement *j, const struct letter *l, struct buf *out);

#endif
