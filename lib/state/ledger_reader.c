#include "state/ledger_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "state/fault.h"
#include "state/journal_entry.h"
#include "state/ledger.h"
#include "state/resp.h"

struct recent_text {
    char text[LEDGER_RECENT_TEXT_MAX];
    size_t n;
};

struct reading {
    struct span prefix;
    struct journal_query *query;
    struct recent_text *recent; /* one for each query */
    char *why;
};

static struct span digest_of(const struct journal_query *q)
{
    return (struct span){ q->visit.digest, strnlen(q->visit.digest, JOURNAL_DIGEST_LEN) };
}

/* One octet more than the longest value tells that there is more. */
static bool query_add(void *arg, size_t i, struct redis_connection *c)
{
    const struct reading *r = arg;
    struct entry_key key;
    char last[RESP_NUMBER_MAX];
    if (!entry_key_make(&key, r->prefix, LEDGER_KEY, digest_of(&r->query[i]))) {
        fault_set(r->why, "the key has more than %d octets", RECORD_KEY_MAX);
        return false;
    }
    const struct span word[] = { SPAN_LIT("GETRANGE"), entry_key_span(&key), SPAN_LIT("0"),
                                 resp_number(LEDGER_OCTETS_MAX, last) };
    redis_connection_add(c, word, COUNT_OF(word));
    return true;
}

static void query_read(const struct reading *r, size_t i, struct span value)
{
    char word[FAULT_WORD_SIZE];
    struct journal_query *q = &r->query[i];
    struct span recent = { r->recent[i].text, r->recent[i].n };
    if (ledger_visits(value, recent, &q->visit, &q->visits))
        q->answer = STORE_FOUND;
    else
        fault_set(r->why, "the value of %s%s is no ledger", LEDGER_KEY,
                  fault_word(digest_of(q), word));
}

static bool query_answer(void *arg, size_t i, const struct redis_reply *reply)
{
    const struct reading *r = arg;
    switch (redis_reply_kind(reply)) {
    case REDIS_TEXT:
        query_read(r, i, redis_reply_text(reply));
        return true;
    case REDIS_ERROR:
        fault_set(r->why, "%.*s", SPAN_ARG(redis_reply_error_words(reply)));
        return true;
    default:
        return false;
    }
}

/* Before Redis is asked: what is written meanwhile would else be in neither of the two. */
static struct recent_text *recent_of(struct ledger_recent *recent,
                                     const struct journal_query *query, size_t n)
{
    struct recent_text *text = malloc(n * sizeof(*text));
    for (size_t i = 0; text && i < n; i++)
        text[i].n = ledger_recent_write(recent, query[i].visit.digest, text[i].text);
    return text;
}

void ledger_reader_read(struct redis_client *client, struct ledger_recent *recent,
                        struct journal_query *query, size_t n, char why[RECORD_FAULT_MAX])
{
    char lost[RECORD_FAULT_MAX];
    struct reading r = {
        .prefix = span_of(redis_target_config(redis_client_target(client))->prefix),
        .query = query,
        .recent = recent_of(recent, query, n),
        .why = why,
    };
    const struct redis_exchange x = { .n = n, .add = query_add, .answer = query_answer, .arg = &r };
    if (!r.recent)
        fault_set(why, "no memory");
    else if (!redis_client_run(client, &x, lost))
        fault_set(why, "%s", lost);
    free(r.recent);
}
