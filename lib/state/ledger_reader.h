#ifndef COEXIST_STATE_LEDGER_READER_H
#define COEXIST_STATE_LEDGER_READER_H

#include "state/journal.h"
#include "state/ledger_recent.h"
#include "state/redis_client.h"

/* Answers the queries from the ledger in Redis, in one exchange, and from what is recent; they
 * begin as STORE_UNAVAILABLE. Where one stays so, the reason of the last stands in why. */
void ledger_reader_read(struct redis_client *client, struct ledger_recent *recent,
                        struct journal_query *query, size_t n, char why[RECORD_FAULT_MAX]);

#endif
