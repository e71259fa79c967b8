#ifndef COEXIST_STATE_COMPLAINT_H
#define COEXIST_STATE_COMPLAINT_H

#include "state/record.h"
#include "state/teller.h"

/* Tells what goes wrong for as long as it does, but not more often than once in
 * COMPLAINT_INTERVAL_MS. `now` is in milliseconds; one thread at a time. Begins as all zero. */

#define COMPLAINT_INTERVAL_MS 60000

struct complaint {
    bool told;
    int64_t told_at;
    uint64_t untold;
};

/* So many entries were refused with these words, the last for this key. What to do is told too. */
void complaint_refused(struct complaint *c, const struct teller *teller, int64_t now,
                       uint64_t entries, const char *words, struct span key);

/* So many entries have been dropped; 0: tells what is left to tell. */
void complaint_dropped(struct complaint *c, const struct teller *teller, int64_t now,
                       uint64_t entries);

#endif
