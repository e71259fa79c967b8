#ifndef COEXIST_STATE_RESOLVE_H
#define COEXIST_STATE_RESOLVE_H

#include "state/store.h"

/*
 * From an address to where its mailbox lives, by the records: the user's own (whole address, else
 * without its extension), `alias` followed once, its group's home, the domain's home and mode.
 */

struct resolve_request {
    struct span address; /* lower-case key, local@domain */
    struct span base;    /* the same local part without extension, no domain; absent: none */
    struct span domain;  /* lower case; the tail of address */
    struct span prefix;  /* of the keys, for messages */
};

enum resolve_source { SOURCE_NONE, SOURCE_USER, SOURCE_GROUP, SOURCE_DOMAIN };

struct resolution {
    enum store_answer answer;   /* STORE_FOUND or STORE_ABSENT when decidable; see below */
    enum home home;             /* HOME_UNSET: no record says it */
    enum resolve_source source; /* which record gave the home */
    enum mode mode;             /* the domain record's, or MODE_UNSET */
    enum home calendar;
    char route[RECORD_VALUE_MAX + 1];   /* of the user record that counts, or "" */
    char mailbox[RECORD_VALUE_MAX + 1]; /* the alias's target, or "" where no alias was followed */
    size_t extension_at; /* octets of the local part that the user's record was found by; 0: all */
    char key[RECORD_KEY_MAX + 1]; /* the record that gave home, or that is bad */
    char why[RECORD_FAULT_MAX];   /* STORE_BAD, STORE_UNAVAILABLE */
    bool stale;     /* some record that was looked at is remembered from before an outage */
    unsigned age_s; /* of the oldest such */
    unsigned asked[STORE_ANSWERS]; /* records asked for, by what the store answered */
};

/*
 * Resolves one address. answer is:
 *   STORE_FOUND        a user or group record gave the home
 *   STORE_ABSENT       none did; home is the domain record's, or HOME_UNSET
 *   STORE_BAD          a record that counts is bad: key and why name it. So are a group without a
 *                      record, an alias of an alias, and an alias to another domain
 *   STORE_UNAVAILABLE  a record that counts could not be had
 * A record that cannot change the outcome (the base's, where the whole address has one) is not
 * looked at, however bad. One round trip for a user without group or alias, and one more for each
 * of the two. mode is filled whenever the domain record could be read, whatever the answer.
 */
void resolve_address(struct store *store, const struct resolve_request *request,
                     struct resolution *out);

#endif
