#ifndef COEXIST_CTL_RESIDENCE_H
#define COEXIST_CTL_RESIDENCE_H

#include "ctl/link.h"
#include "ctl/status.h"
#include "state/resolve.h"
#include "sys/config.h"

/* Where an address lives by all records together, as the filter resolves it. */
struct residence {
    struct resolution by; /* what the records say */
    enum home home;       /* HOME_UNSET: nothing says it, or it cannot be said */
    bool ours;            /* its domain is one of the configuration's; else nothing was asked */
};

/* address: in lower case. STATUS_YES, bad records included; STATUS_UNAVAILABLE with link_why(). */
enum status residence_find(struct link *l, const struct config *config, struct span address,
                           struct residence *out);

/* A sentence: `lives on the secondary system, by coexist:group:sales`; what is wrong where it
 * cannot be said. */
void residence_write(const struct residence *r, struct buf *out);

#endif
