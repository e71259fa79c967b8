#ifndef COEXIST_CTL_SKEW_H
#define COEXIST_CTL_SKEW_H

#include "base/span.h"

/*
 * How far the clocks of nodes are from that of Redis, by the events that they wrote: each tells the
 * time of the node, and has that of Redis in its name. An event is written some time after it has
 * happened, milliseconds as a rule, hours after an outage: never before. The least difference of
 * the last events of a node is thus the difference of the clocks, to within the delay of the
 * quickest.
 */

#define SKEW_NODES_MAX 256 /* further ones are left out */
#define SKEW_NAME_MAX 256  /* octets of a node's name that are kept */

struct skew_node {
    char name[SKEW_NAME_MAX];
    size_t told;   /* events that tell the time */
    int64_t least; /* of Redis's time less the node's, ms; below 0: the node's is ahead */
};

struct skew {
    struct skew_node node[SKEW_NODES_MAX];
    size_t nodes;
};

/* One event. told: whether it has the node's time, for those of older versions have none. */
void skew_add(struct skew *s, struct span node, uint64_t redis_ms, bool told, int64_t node_ms);

/* Two names that look like one host's: `zimbra` and `zimbra.example.com`. */
bool skew_names_alike(const char *a, const char *b);

#endif
