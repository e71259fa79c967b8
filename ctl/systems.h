#ifndef COEXIST_CTL_SYSTEMS_H
#define COEXIST_CTL_SYSTEMS_H

#include "ctl/way.h"

/* The systems of a way's hops: fills system, label, place and loose of each. False without memory.
 */
bool systems_find(struct way *w, const struct viewpoint *v);

#endif
