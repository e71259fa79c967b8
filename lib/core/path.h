#ifndef COEXIST_CORE_PATH_H
#define COEXIST_CORE_PATH_H

#include "base/buf.h"
#include "core/received.h"
#include "core/site.h"

/*
 * The systems that a message has visited, newest first, made from its Received fields and the node
 * where it is now. Hops of one system that follow each other are one visit.
 */

#define PATH_VISITS_MAX 64

struct path_visit {
    enum system system;
    size_t first; /* index of its newest hop in the array given; PATH_NO_HOP where it has none */
    size_t last;  /* index of its oldest hop */
};
#define PATH_NO_HOP ((size_t)-1)

struct path {
    struct path_visit visit[PATH_VISITS_MAX]; /* visit[0] is this node's system, now */
    size_t visits;
    size_t crossings; /* steps from one system to the other */
    bool external;    /* older hops are outside: the path ends in `external` */
    bool cut;         /* there were more visits than fit */
};

/*
 * Walks the hops, newest first, from here on: the contiguous run whose `by` host belongs to a known
 * system or a gateway. Gateway hops, loopback names and hops without `by` (opaque ones too) neither
 * count as a visit nor end the run; the first hop by an unknown host ends it. The present
 * connection is the newest visit, merged with what this system's own hops wrote just before
 * (re-injection). hop[] stays the caller's.
 */
void path_build(const struct received *hop, size_t hops, const struct site *site, enum system node,
                struct path *out);

/* How often the path enters the system, the present arrival included. */
size_t path_entries(const struct path *p, enum system system);

/* Writes `S<P<S<P<external`; at most `most` visits, then `...`. */
void path_write(const struct path *p, size_t most, struct buf *out);

#endif
