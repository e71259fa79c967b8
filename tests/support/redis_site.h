#ifndef COEXIST_TESTS_REDIS_SITE_H
#define COEXIST_TESTS_REDIS_SITE_H

#include "tests/support/redis_server.h"

#define FAIL_OVER_S 90 /* patience with a fail-over */

/* Two servers and a Sentinel that watches the first, of which the second is a replica, as
 * `mymaster`; on ports of 127.0.0.1. */
struct redis_site {
    struct redis_server master, replica, sentinel;
};

void redis_site_begin(struct redis_site *s, unsigned down_after_ms);

/* Begins a fail-over, as soon as the Sentinel has learnt of the replica. */
void redis_site_fail_over(struct redis_site *s);

void redis_site_end(struct redis_site *s);

#endif
