#include "state/complaint.h"

#include <inttypes.h>

#include "base/count.h"
#include "state/fault.h"

#define ACL_COMMANDS                                                                               \
    "+xadd +append +expire +getrange +set +incr +zadd +zremrangebyscore +zrevrangebyscore +ping"

static const struct advice {
    const char *begin;
    const char *text;
} advices[] = {
    { "NOPERM ", "the user's ACL must allow " ACL_COMMANDS " on keys of the prefix" },
    { "NOAUTH ", "the state's URL needs a password" },
    { "OOM ", "the server's maxmemory is reached" },
    { "READONLY ", "the server is a replica: the state must be the master" },
    { "WRONGTYPE ", "another type of value stands there: DEL the key" },
    { "MISCONF ", "the server cannot save, and takes no writes until it can" },
};

static const char *advice_on(const char *words)
{
    for (size_t i = 0; i < COUNT_OF(advices); i++)
        if (span_istarts(span_of(words), span_of(advices[i].begin)))
            return advices[i].text;
    return "see the server's log";
}

/* Whether to tell now; counts what is not. */
static bool is_due(struct complaint *c, int64_t now, uint64_t entries)
{
    c->untold += entries;
    if (c->told && now - c->told_at < COMPLAINT_INTERVAL_MS)
        return false;
    c->told = true;
    c->told_at = now;
    return true;
}

void complaint_refused(struct complaint *c, const struct teller *teller, int64_t now,
                       uint64_t entries, const char *words, struct span key)
{
    char word[FAULT_WORD_SIZE];
    if (!is_due(c, now, entries))
        return;
    teller_tell(teller, true, "journal-refused", "%" PRIu64 " refused, the last for %s: %s; %s",
                c->untold, fault_word(key, word), words, advice_on(words));
    c->untold = 0;
}

void complaint_dropped(struct complaint *c, const struct teller *teller, int64_t now,
                       uint64_t entries)
{
    if ((entries == 0 && c->untold == 0) || !is_due(c, now, entries))
        return;
    teller_tell(teller, true, "journal-dropped",
                "%" PRIu64 " entries dropped: the server is away, or slower than the mail",
                c->untold);
    c->untold = 0;
}
