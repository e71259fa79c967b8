#ifndef COEXIST_STATE_REDIS_REPLY_H
#define COEXIST_STATE_REDIS_REPLY_H

#include "base/span.h"

/* What Redis has answered. redis_reply.c, redis_connection.c and redis_tls.c alone include hiredis.
 */

enum redis_reply_kind {
    REDIS_NIL,
    REDIS_NUMBER,
    REDIS_TEXT,
    REDIS_ERROR,
    REDIS_LIST,
    REDIS_TOO_LONG /* of NULL alone: a reply that passes a cap, where one is handed on */
};

struct redis_reply; /* what hiredis read */

/* NULL is borne by all of these: as nothing. */
enum redis_reply_kind redis_reply_kind(const struct redis_reply *r);
int64_t redis_reply_number(const struct redis_reply *r);   /* of a REDIS_NUMBER; else 0 */
struct span redis_reply_text(const struct redis_reply *r); /* of a REDIS_TEXT or REDIS_ERROR */
size_t redis_reply_items(const struct redis_reply *r);     /* of a REDIS_LIST, a map's too */
const struct redis_reply *redis_reply_item(const struct redis_reply *r, size_t i);
void redis_reply_free(struct redis_reply *r);

/* The first words of an error reply: what follows a comma may be the arguments it was given. */
struct span redis_reply_error_words(const struct redis_reply *r);

#endif
