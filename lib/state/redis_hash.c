#include "state/redis_hash.h"

bool redis_hash_read(const struct redis_reply *list, struct record_field field[RECORD_FIELDS_MAX],
                     size_t *fields)
{
    size_t items = redis_reply_items(list);
    for (size_t i = 0; i < items; i++)
        if (redis_reply_kind(redis_reply_item(list, i)) != REDIS_TEXT)
            return false;
    *fields = items / 2;
    for (size_t i = 0; i < *fields && i < RECORD_FIELDS_MAX; i++)
        field[i] = (struct record_field){ redis_reply_text(redis_reply_item(list, 2 * i)),
                                          redis_reply_text(redis_reply_item(list, 2 * i + 1)) };
    return items % 2 == 0;
}
