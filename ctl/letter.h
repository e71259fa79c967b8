#ifndef COEXIST_CTL_LETTER_H
#define COEXIST_CTL_LETTER_H

#include "ctl/bounce.h"
#include "ctl/claims.h"
#include "ctl/way.h"
#include "engine/facts.h"

/* One message and what its header tells: as the filter reads it, and as people want to see it. */
struct letter {
    struct mail mail;
    struct facts facts;
    struct way way;
    struct claims claims;
    struct bounce bounce; /* what it wraps, of a bounce */
};

/* Reads a message. The text must outlive *out, which the caller frees with letter_free(), also
 * after a failure. any: as in bounce_read(). False without memory. */
bool letter_read(const struct mail *m, const struct viewpoint *v, bool any, struct letter *out);
void letter_free(struct letter *l);

#endif
