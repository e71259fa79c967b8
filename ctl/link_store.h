#ifndef COEXIST_CTL_LINK_STORE_H
#define COEXIST_CTL_LINK_STORE_H

#include "ctl/link.h"
#include "state/store.h"

/* The records as the filter reads them, over the tool's own connection, which is borrowed with the
 * prefix. For one thread. NULL without memory. */
struct store *link_store_new(struct link *l, const char *prefix);

#endif
