#ifndef COEXIST_STATE_JOURNAL_H
#define COEXIST_STATE_JOURNAL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/words.h"
#include "state/record.h"
#include "state/store.h"

/*
 * What the nodes of a site tell each other, each for a short while: events, what was sent to the
 * peer (the ledger), and recipients whose mail loops (the breaker). Nothing here ever keeps a
 * message waiting but journal_visits(), and that within a time limit. All functions may be called
 * from any thread.
 */

#define JOURNAL_FIELDS_MAX 32  /* in one event */
#define JOURNAL_VALUE_MAX 1024 /* octets of a value in an event; what is longer is cut */
#define JOURNAL_DIGEST_LEN 22  /* 128 bits in base64url */
#define JOURNAL_ARRIVAL_LEN 11 /* 64 bits in base64url */
#define JOURNAL_VISITS_MAX 32  /* counted; more are told as so many */

struct journal_field {
    const char *name; /* a literal */
    struct span value;
};

/* One (message, recipient) as the ledger knows it. An arrival tells one transfer of the message to
 * this site from another; a retry, or a transfer twice, is the same arrival. */
struct journal_visit {
    char digest[JOURNAL_DIGEST_LEN + 1];
    char arrival[JOURNAL_ARRIVAL_LEN + 1]; /* "": the message does not tell; each counts */
};

struct journal_query {
    struct journal_visit visit; /* in */
    enum store_answer answer;   /* STORE_FOUND (visits is right, 0 too) or STORE_UNAVAILABLE */
    unsigned visits;            /* arrivals sent to the peer before, the present one not counted */
};

struct journal;

struct journal_ops {
    void (*event)(struct journal *j, const struct journal_field *field, size_t n);
    void (*sent)(struct journal *j, const struct journal_visit *visit);
    void (*visits)(struct journal *j, struct journal_query *query, size_t n,
                   char why[RECORD_FAULT_MAX]);
    void (*struck)(struct journal *j, struct span recipient, enum home home);
    bool (*is_open)(struct journal *j, struct span recipient, enum home home);
    void (*close)(struct journal *j);
};

/* A journal begins with its table of functions; what follows belongs to the one that made it. */
struct journal {
    const struct journal_ops *ops;
};

/* Tells an event; fields beyond JOURNAL_FIELDS_MAX are left out. */
void journal_event(struct journal *j, const struct journal_field *field, size_t n);

/* This (message, recipient) was sent to the peer. Call when the message is accepted. */
void journal_sent(struct journal *j, const struct journal_visit *visit);

/* How often each was sent to the peer, all in one round trip. why: where any is
 * STORE_UNAVAILABLE. */
void journal_visits(struct journal *j, struct journal_query *query, size_t n,
                    char why[RECORD_FAULT_MAX]);

/*
 * A loop or a conflict of this recipient, while its state said that home. After breaker_limit of
 * them within breaker_window, on all nodes together, the breaker is open for the recipient, with
 * that home, until the window has passed.
 */
void journal_struck(struct journal *j, struct span recipient, enum home home);

/* Answers from memory. */
bool journal_is_open(struct journal *j, struct span recipient, enum home home);

/* NULL is borne. */
void journal_close(struct journal *j);

#endif
