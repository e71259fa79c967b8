#ifndef COEXIST_CTL_WAY_DRAW_H
#define COEXIST_CTL_WAY_DRAW_H

#include "ctl/out.h"
#include "ctl/way.h"

/* Draws the hops, oldest first, under the systems that they belong to, with the crossings. */
void way_draw(const struct way *w, struct out *o);

#define DELAY_LATE 300 /* seconds from which on a delay is shown as one */

/* Writes `+2 s`, `+3 min 20 s`, `+1 h 5 min`, `+2 d 3 h`, `-4 s`. */
void delay_write(int64_t seconds, struct buf *out);

#endif
