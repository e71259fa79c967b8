#ifndef COEXIST_STATE_JOURNAL_ENTRY_H
#define COEXIST_STATE_JOURNAL_ENTRY_H

#include "state/redis_journal.h"

/*
 * What the journal writes for one call, made ready by the thread that calls: commands in the form
 * of the protocol, which the writer only has to send.
 */

#define ENTRY_COMMANDS_MAX 3
#define LEDGER_KEY "ledger:" /* and the digest */

enum entry_kind {
    ENTRY_EVENT,  /* XADD */
    ENTRY_SENT,   /* APPEND, EXPIRE */
    ENTRY_MANY,   /* SET: what an ENTRY_SENT becomes when the value has grown long */
    ENTRY_STRIKE, /* SET EX NX, INCR */
    ENTRY_OPEN    /* ZADD, ZREMRANGEBYSCORE, EXPIRE: what an ENTRY_STRIKE becomes at the limit */
};
#define ENTRY_KINDS (ENTRY_OPEN + 1)

/* What the commands of one journal have in common. */
struct entry_form {
    struct span prefix; /* borrowed */
    unsigned events_max;
    unsigned ledger_window_s;
    unsigned breaker_window_s;
};

struct journal_entry {
    struct journal_entry *next;
    enum entry_kind kind;
    struct span key;            /* of the first command; stands in text */
    size_t recipient;           /* octets at the end of a strike's key */
    enum home home;             /* of a strike */
    struct journal_visit visit; /* of an ENTRY_SENT */
    unsigned commands;
    unsigned answered; /* the first so many commands */
    bool refused;      /* by an error reply to one of them */
    bool again;        /* the server was not ready for one of them */
    bool passed;       /* the value is longer, or the strikes are more, than the limit */
    size_t end[ENTRY_COMMANDS_MAX]; /* of each command */
    size_t octets;                  /* of all */
    char text[];
};

/* All: NULL without memory, or when the key would pass RECORD_KEY_MAX. The caller frees with
 * free(). */
struct journal_entry *entry_event(const struct entry_form *f, const struct journal_field *field,
                                  size_t n);
struct journal_entry *entry_sent(const struct entry_form *f, const struct journal_visit *visit);
struct journal_entry *entry_strike(const struct entry_form *f, struct span recipient,
                                   enum home home);

/* What follows the entry, which has passed its limit at this second. */
struct journal_entry *entry_following(const struct entry_form *f, const struct journal_entry *e,
                                      int64_t now);

/* Command i of the entry. */
struct span entry_command(const struct journal_entry *e, size_t i);

/* Of an ENTRY_STRIKE. */
struct span entry_recipient(const struct journal_entry *e);

/* A key under the prefix. */
struct entry_key {
    char text[RECORD_KEY_MAX];
    size_t n;
};
bool entry_key_make(struct entry_key *k, struct span prefix, const char *name, struct span subject);
struct span entry_key_span(const struct entry_key *k);

#endif
