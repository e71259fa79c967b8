#ifndef COEXIST_CTL_OVERVIEW_H
#define COEXIST_CTL_OVERVIEW_H

#include <jansson.h>

#include "ctl/session.h"

/* uthash calls exit() without memory unless told otherwise. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* The migration at a glance: how many users live where, by what the records say together, and what
 * the nodes have told in the last hour. */

#define OVERVIEW_HOMES (HOME_MOVING + 1) /* by enum home; HOME_UNSET: nothing says it */
#define OVERVIEW_HOUR_MS 3600000
#define OVERVIEW_NODES_MAX 1000

struct overview_group {
    char *name;
    enum home home;
    char *note;
    bool there; /* it has a record */
    bool good;
    size_t users;
    size_t homes[OVERVIEW_HOMES]; /* of its users, their own home counted first */
    UT_hash_handle hh;
};

struct overview_node {
    char *name;
    int64_t seen_ms; /* the newest of its decisions */
    size_t decisions;
    UT_hash_handle hh;
};

struct overview {
    size_t users; /* with a record, aliases not counted */
    size_t homes[OVERVIEW_HOMES];
    size_t aliases;
    size_t bad;                   /* records of all kinds that are not good */
    struct overview_group *group; /* by name */
    struct overview_node *node;   /* by name */
    size_t decisions;             /* in the last hour */
    size_t conflicts, loops;
    bool events;                         /* there is a stream of them */
    char events_fault[RECORD_FAULT_MAX]; /* why it could not be read; "": it was */
    int64_t now_ms;
    uint64_t answer_us; /* Redis's time for a PING */
    char *role;         /* of the server: `master`, `slave` */
    size_t replicas;
    uint64_t lag; /* octets that the replica that is farthest behind has not confirmed */
    bool down;    /* of a replica: it has lost its master */
};

/* Reads all of it; out begins as all zero, and is to be freed in any case. STATUS_YES;
 * STATUS_UNAVAILABLE with link_why(). */
enum status overview_read(struct link *l, const struct config *config, struct overview *out);

/* Groups and nodes by their names. */
void overview_sort(struct overview *v);

void overview_print(struct out *o, const struct overview *v, const struct config *config,
                    const char *server);

/* NULL without memory. */
json_t *overview_json(const struct overview *v, const struct config *config, const char *server);

void overview_free(struct overview *v);

#endif
