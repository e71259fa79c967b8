#include "state/ledger_recent.h"

#include <string.h>

#include "state/deadline.h"
#include "state/ledger.h"

void ledger_recent_init(struct ledger_recent *r)
{
    pthread_mutex_init(&r->lock, NULL);
}

void ledger_recent_free(struct ledger_recent *r)
{
    pthread_mutex_destroy(&r->lock);
}

/* A digest is as good as a random number; this mixes what there is of a short one too. */
static size_t bucket_of(const char *digest)
{
    size_t h = 0;
    for (size_t i = 0; i < JOURNAL_DIGEST_LEN && digest[i]; i++)
        h = h * 31 + (unsigned char)digest[i];
    return h % LEDGER_RECENT_BUCKETS;
}

static bool is_same(const char *a, const char *b, size_t max)
{
    return strncmp(a, b, max) == 0;
}

void ledger_recent_add(struct ledger_recent *r, const struct journal_visit *visit)
{
    size_t b = bucket_of(visit->digest);
    pthread_mutex_lock(&r->lock);
    r->slot[b][r->oldest[b]] =
        (struct ledger_recent_slot){ *visit, deadline_in(LEDGER_RECENT_S * 1000) };
    r->oldest[b] = (unsigned char)((r->oldest[b] + 1) % LEDGER_RECENT_WAYS);
    pthread_mutex_unlock(&r->lock);
}

void ledger_recent_remove(struct ledger_recent *r, const struct journal_visit *visit)
{
    struct ledger_recent_slot *slot = r->slot[bucket_of(visit->digest)];
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < LEDGER_RECENT_WAYS; i++)
        if (is_same(slot[i].visit.digest, visit->digest, JOURNAL_DIGEST_LEN) &&
            is_same(slot[i].visit.arrival, visit->arrival, JOURNAL_ARRIVAL_LEN))
            slot[i].until = 0;
    pthread_mutex_unlock(&r->lock);
}

size_t ledger_recent_write(struct ledger_recent *r, const char *digest,
                           char text[LEDGER_RECENT_TEXT_MAX])
{
    const struct ledger_recent_slot *slot = r->slot[bucket_of(digest)];
    int64_t now = deadline_now();
    size_t n = 0;
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < LEDGER_RECENT_WAYS; i++) {
        if (slot[i].until <= now || !is_same(slot[i].visit.digest, digest, JOURNAL_DIGEST_LEN))
            continue;
        struct ledger_item item = ledger_item(&slot[i].visit);
        memcpy(text + n, item.text, item.n);
        n += item.n;
    }
    pthread_mutex_unlock(&r->lock);
    return n;
}
