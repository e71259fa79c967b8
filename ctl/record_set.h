#ifndef COEXIST_CTL_RECORD_SET_H
#define COEXIST_CTL_RECORD_SET_H

#include "ctl/event.h"
#include "ctl/seen.h"
#include "state/record.h"

/* Records that events speak of, by their keys. */
struct record_set {
    struct seen keys;
    const char *prefix; /* of the keys in Redis */
    bool failed;        /* no memory */
};

/* prefix is borrowed. False without random octets. */
bool record_set_init(struct record_set *s, const char *prefix);
void record_set_free(struct record_set *s);

/* The records that bore on a decision, as far as its event tells: of the recipient, of the mailbox
 * that it is an alias of, and the one that said the home. */
void record_set_add_decided(struct record_set *s, const struct event *e);
bool record_set_has_decided(const struct record_set *s, const struct event *e);

/* The record that was written by a change. */
void record_set_add_changed(struct record_set *s, const struct event *e);
bool record_set_has_changed(const struct record_set *s, const struct event *e);

#endif
