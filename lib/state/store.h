#ifndef COEXIST_STATE_STORE_H
#define COEXIST_STATE_STORE_H

#include "state/record.h"

/*
 * Where records come from: an interface and what stands behind it. A look-up has four answers that
 * are never folded into each other. All functions may be called from any thread at the same time.
 */

enum store_answer {
    STORE_FOUND,       /* record is filled */
    STORE_ABSENT,      /* the store answered: there is no such record */
    STORE_UNAVAILABLE, /* the store did not answer, or refused; why says how */
    STORE_BAD /* there is a record and it is not a good one; why names the field and value */
};
#define STORE_ANSWERS (STORE_BAD + 1)
const char *store_answer_name(enum store_answer a);

struct store_query {
    enum record_kind kind; /* in */
    struct span name;      /* in: lower case for users and domains; borrowed for the call */
    enum store_answer answer;
    struct record record;       /* STORE_FOUND only */
    char why[RECORD_FAULT_MAX]; /* STORE_UNAVAILABLE and STORE_BAD; printable ASCII */
    bool stale;                 /* remembered from before the store below was lost */
    unsigned age_s;             /* of a stale answer, since it was known to be right */
};

struct store;

struct store_ops {
    /* Fills the answers of n queries, all in one round trip. Never blocks beyond the store's own
     * time limit; a query that got no answer by then is STORE_UNAVAILABLE. */
    void (*fetch)(struct store *s, struct store_query *query, size_t n);
    void (*close)(struct store *s);
};

/* A store begins with its table of functions; what follows belongs to the one that made it. */
struct store {
    const struct store_ops *ops;
};

void store_fetch(struct store *s, struct store_query *query, size_t n);

/* No look-up may be under way. NULL is borne. */
void store_close(struct store *s);

#endif
