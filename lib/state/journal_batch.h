#ifndef COEXIST_STATE_JOURNAL_BATCH_H
#define COEXIST_STATE_JOURNAL_BATCH_H

#include "state/journal_queue.h"
#include "state/redis_client.h"

/* Entries that are sent together, and what the server answers to them. */

#define JOURNAL_BATCH_MAX 512
#define JOURNAL_BATCH_OCTETS_MAX 262144 /* but one entry may have more */

struct batch_command {
    struct journal_entry *entry;
    unsigned i;
};

struct journal_batch {
    uint64_t breaker_limit;
    struct entry_list entries;
    struct batch_command command[JOURNAL_BATCH_MAX * ENTRY_COMMANDS_MAX];
    size_t commands;
    bool fails_over; /* the server is one that Sentinels name */
    /* The last error reply that refused an entry for good. */
    struct journal_entry *refused;
    char refusal[RECORD_FAULT_MAX];
};

/* Takes the entries, JOURNAL_BATCH_MAX at most, and writes what is not answered yet of them. False
 * when the server was lost, with a sentence in why; what each entry met stands in it. */
bool journal_batch_write(struct journal_batch *b, struct entry_list entries,
                         struct redis_client *client, char why[RECORD_FAULT_MAX]);

#endif
