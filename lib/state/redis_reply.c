#include "state/redis_reply.h"

#include <hiredis/hiredis.h>

static const redisReply *reply_of(const struct redis_reply *r)
{
    return (const redisReply *)r;
}

/* Of RESP3, which nobody asks for, there are more types. */
enum redis_reply_kind redis_reply_kind(const struct redis_reply *r)
{
    if (!r)
        return REDIS_TOO_LONG;
    switch (reply_of(r)->type) {
    case REDIS_REPLY_INTEGER:
        return REDIS_NUMBER;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        return REDIS_TEXT;
    case REDIS_REPLY_ERROR:
        return REDIS_ERROR;
    case REDIS_REPLY_ARRAY:
#ifdef REDIS_REPLY_MAP
    case REDIS_REPLY_MAP:
    case REDIS_REPLY_SET:
    case REDIS_REPLY_PUSH:
#endif
        return REDIS_LIST;
    default:
        return REDIS_NIL;
    }
}

int64_t redis_reply_number(const struct redis_reply *r)
{
    return redis_reply_kind(r) == REDIS_NUMBER ? reply_of(r)->integer : 0;
}

struct span redis_reply_text(const struct redis_reply *r)
{
    enum redis_reply_kind kind = redis_reply_kind(r);
    if (kind != REDIS_TEXT && kind != REDIS_ERROR)
        return SPAN_ABSENT;
    return (struct span){ reply_of(r)->str, reply_of(r)->len };
}

size_t redis_reply_items(const struct redis_reply *r)
{
    return redis_reply_kind(r) == REDIS_LIST ? reply_of(r)->elements : 0;
}

const struct redis_reply *redis_reply_item(const struct redis_reply *r, size_t i)
{
    return i < redis_reply_items(r) ? (const struct redis_reply *)reply_of(r)->element[i] : NULL;
}

void redis_reply_free(struct redis_reply *r)
{
    if (r)
        freeReplyObject(r);
}

struct span redis_reply_error_words(const struct redis_reply *r)
{
    struct span text = redis_reply_text(r);
    return (struct span){ text.p, span_find(text, ',') };
}
