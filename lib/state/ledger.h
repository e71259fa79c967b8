#ifndef COEXIST_STATE_LEDGER_H
#define COEXIST_STATE_LEDGER_H

#include "state/journal.h"

/*
 * The value of one ledger entry: the arrivals of each time that the message was sent to the peer,
 * `ARRIVAL,` one after the other, `-,` for one that nothing tells from others. A value that begins
 * with `*`, or is longer than LEDGER_OCTETS_MAX, stands for as many as are counted.
 */

#define LEDGER_OCTETS_MAX 2048
#define LEDGER_MANY "*"

/* What one arrival adds to the value: n octets, no NUL. */
struct ledger_item {
    char text[JOURNAL_ARRIVAL_LEN + 1];
    size_t n;
};
struct ledger_item ledger_item(const struct journal_visit *visit);

/*
 * Visits but for those of this arrival: each other arrival in the value or in recent, which may be
 * empty, once, and each that is not told; no more than JOURNAL_VISITS_MAX. False when one of the
 * two is not of the form above.
 */
bool ledger_visits(struct span value, struct span recent, const struct journal_visit *visit,
                   unsigned *visits);

#endif
