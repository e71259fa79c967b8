#include "state/ledger.h"

#include <string.h>

static struct span arrival_of(const struct journal_visit *visit)
{
    return (struct span){ visit->arrival, strnlen(visit->arrival, JOURNAL_ARRIVAL_LEN) };
}

struct ledger_item ledger_item(const struct journal_visit *visit)
{
    struct span arrival = arrival_of(visit);
    if (arrival.n == 0)
        arrival = SPAN_LIT("-");
    struct ledger_item item = { .n = arrival.n + 1 };
    memcpy(item.text, arrival.p, arrival.n);
    item.text[arrival.n] = ',';
    return item;
}

static bool is_arrival(struct span item)
{
    if (item.n == 0 || item.n > JOURNAL_ARRIVAL_LEN)
        return false;
    for (size_t i = 0; i < item.n; i++)
        if (!ascii_is_letter(item.p[i]) && !ascii_is_digit(item.p[i]) && item.p[i] != '-' &&
            item.p[i] != '_')
            return false;
    return true;
}

/* Arrivals told apart so far. */
struct tally {
    struct span seen[JOURNAL_VISITS_MAX];
    size_t n;
    unsigned untold;
};

static void tally_add(struct tally *t, struct span arrival, struct span own)
{
    if (span_eq(arrival, SPAN_LIT("-"))) {
        t->untold++;
        return;
    }
    if (t->n == JOURNAL_VISITS_MAX || span_eq(arrival, own))
        return;
    for (size_t i = 0; i < t->n; i++)
        if (span_eq(arrival, t->seen[i]))
            return;
    t->seen[t->n++] = arrival;
}

/* False when the text is not of the form of a ledger. */
static bool tally_text(struct tally *t, struct span text, struct span own)
{
    while (text.n > 0) {
        size_t end = span_find(text, ',');
        struct span item = { text.p, end };
        if (end == text.n || !is_arrival(item))
            return false;
        tally_add(t, item, own);
        text = span_from(text, end + 1);
    }
    return true;
}

bool ledger_visits(struct span value, struct span recent, const struct journal_visit *visit,
                   unsigned *visits)
{
    struct tally t = { .n = 0 };
    struct span own = arrival_of(visit);
    *visits = JOURNAL_VISITS_MAX;
    if (value.n > LEDGER_OCTETS_MAX || (value.n > 0 && value.p[0] == LEDGER_MANY[0]))
        return true;
    if (!tally_text(&t, value, own) || !tally_text(&t, recent, own))
        return false;
    if (t.n + t.untold < JOURNAL_VISITS_MAX)
        *visits = (unsigned)t.n + t.untold;
    return true;
}
