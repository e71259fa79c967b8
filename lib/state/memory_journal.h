#ifndef COEXIST_STATE_MEMORY_JOURNAL_H
#define COEXIST_STATE_MEMORY_JOURNAL_H

#include "state/journal.h"

/* A journal in this process, which forgets nothing: for tests. breaker_limit 0: never open. NULL
 * without memory. */
struct journal *memory_journal_new(unsigned breaker_limit);

size_t memory_journal_events(const struct journal *j);

/* The value of a field of event i, which stays the journal's; NULL: it has none. */
const char *memory_journal_value(const struct journal *j, size_t i, const char *name);

/* From now on the ledger answers STORE_UNAVAILABLE, or answers again. */
void memory_journal_set_away(struct journal *j, bool away);

#endif
