#ifndef COEXIST_CTL_DRY_STATE_H
#define COEXIST_CTL_DRY_STATE_H

#include "ctl/dry.h"

/* The two halves of a state that is read and not written. Both tell the dry engine what they are
 * asked, which must outlive them, and own the connection that they make. */

/* For the records, by this URL. NULL with a sentence in why. */
struct store *dry_store_new(struct dry *d, const struct config *config, const char *url,
                            char why[RECORD_FAULT_MAX]);

/* For the ledger and the breakers. */
struct journal *dry_journal_new(struct dry *d, const struct config *config, const char *url,
                                char why[RECORD_FAULT_MAX]);

/* A client of that Redis, for a person who waits. */
struct dry_client {
    struct redis_target *target;
    struct redis_client *client;
};
bool dry_client_open(struct dry_client *c, const struct config *config, const char *url,
                     char why[RECORD_FAULT_MAX]);
void dry_client_close(struct dry_client *c);

#endif
