#include "state/breaker_reader.h"

#include <stdio.h>

#include "base/count.h"
#include "state/fault.h"
#include "state/journal_entry.h"
#include "state/resp.h"

struct reading {
    struct span key;
    int64_t now;
    size_t offset;
    size_t got; /* in the last page */
    struct breaker_list list;
    bool refused;
    char *why;
};

/* A set in use for long has members that are over: the score must be greater than this second. */
static bool page_add(void *arg, size_t i, struct redis_connection *c)
{
    struct reading *r = arg;
    char offset[RESP_NUMBER_MAX], page[RESP_NUMBER_MAX], digits[RESP_NUMBER_MAX];
    struct span now = resp_number((uint64_t)r->now, digits);
    char least[1 + RESP_NUMBER_MAX + 1];
    (void)i;
    snprintf(least, sizeof(least), "(%.*s", SPAN_ARG(now));
    const struct span word[] = { SPAN_LIT("ZREVRANGEBYSCORE"),
                                 r->key,
                                 SPAN_LIT("+inf"),
                                 span_of(least),
                                 SPAN_LIT("WITHSCORES"),
                                 SPAN_LIT("LIMIT"),
                                 resp_number(r->offset, offset),
                                 resp_number(BREAKER_PAGE, page) };
    redis_connection_add(c, word, COUNT_OF(word));
    return true;
}

static void page_read(struct reading *r, const struct redis_reply *reply)
{
    r->got = redis_reply_items(reply) / 2;
    for (size_t i = 0; i < r->got; i++) {
        struct span member = redis_reply_text(redis_reply_item(reply, 2 * i));
        struct span score = redis_reply_text(redis_reply_item(reply, 2 * i + 1));
        struct breaker *b = breaker_read(member, score);
        if (b)
            breaker_list_add(&r->list, b);
    }
}

static bool page_answer(void *arg, size_t i, const struct redis_reply *reply)
{
    struct reading *r = arg;
    (void)i;
    switch (redis_reply_kind(reply)) {
    case REDIS_LIST:
        page_read(r, reply);
        return true;
    case REDIS_ERROR:
        r->refused = true;
        fault_set(r->why, "%.*s", SPAN_ARG(redis_reply_error_words(reply)));
        return true;
    default:
        return false;
    }
}

static enum breaker_answer read_pages(struct redis_client *client, struct reading *r)
{
    const struct redis_exchange x = { .n = 1, .add = page_add, .answer = page_answer, .arg = r };
    do {
        r->got = 0;
        if (!redis_client_run(client, &x, r->why))
            return BREAKERS_UNHEARD;
        if (r->refused)
            return BREAKERS_REFUSED;
        r->offset += r->got;
    } while (r->got >= BREAKER_PAGE && r->offset < BREAKER_OPEN_MAX);
    return BREAKERS_READ;
}

enum breaker_answer breaker_reader_read(struct redis_client *client, struct breaker_set *set,
                                        int64_t now, char why[RECORD_FAULT_MAX])
{
    struct entry_key key;
    struct span prefix = span_of(redis_target_config(redis_client_target(client))->prefix);
    if (!entry_key_make(&key, prefix, BREAKER_KEY, SPAN_LIT(""))) {
        fault_set(why, "the key of the breakers is too long");
        return BREAKERS_REFUSED;
    }
    struct reading r = { .key = entry_key_span(&key), .now = now, .why = why };
    enum breaker_answer answer = read_pages(client, &r);
    if (answer == BREAKERS_READ)
        breaker_set_replace(set, &r.list);
    breaker_list_free(&r.list);
    return answer;
}
