#ifndef COEXIST_CTL_MILTER_LIST_H
#define COEXIST_CTL_MILTER_LIST_H

#include "ctl/endpoint.h"
#include "ctl/postconf.h"

/* A list of filters as in smtpd_milters: `unix:coexist/milter.sock, { inet:localhost:8891,
 * default_action=accept }`. */

/* What a filter does, as far as its socket's name or usual port tells. */
enum milter_kind {
    MILTER_UNKNOWN,
    MILTER_SIGNS,  /* adds signatures, to be made of what leaves */
    MILTER_REJECTS /* refuses mail, which nobody needs to have routed */
};

struct milter_item {
    struct span socket;         /* `unix:coexist/milter.sock`; of the list's text */
    struct span default_action; /* of its own; absent for none */
    enum milter_kind kind;
};

/* The next filter of the list; false at its end. */
bool milter_list_next(struct span *rest, struct milter_item *item);

/* How a list leads to the filter of ours. */
enum milter_reach {
    REACH_NOT,   /* it is not in the list */
    REACH_WRONG, /* it is, by a path that is another one seen from the changed root */
    REACH_RIGHT
};

/* base: the queue directory, below which the paths are; chrooted: so is the process. *at: its index
 * in the list. */
enum milter_reach milter_list_find(const char *list, const struct endpoint *ours, const char *base,
                                   bool chrooted, size_t *at);

/* The list with ours in it: where it is already, by a path that is good with and without a change
 * of root, else before the first one that signs. */
void milter_list_with(const char *list, const struct endpoint *ours, const char *base,
                      struct buf *out);

#endif
