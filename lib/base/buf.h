#ifndef COEXIST_BASE_BUF_H
#define COEXIST_BASE_BUF_H

#include "base/span.h"

/*
 * A growing text with a limit. The first addition that would pass the limit, or for which there is
 * no memory, marks the buffer failed; it and all later additions change nothing. A writer thus adds
 * freely and asks buf_ok() once at the end. The text always has a NUL behind it.
 */
struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t limit;
    bool failed;
};

/* limit: the most octets it may hold, not counting the NUL. Allocates nothing yet. */
void buf_init(struct buf *b, size_t limit);

/* Frees the text and makes the buffer ready for use again, with the same limit. */
void buf_free(struct buf *b);

/* Empties it, keeps its memory, and clears the failure. */
void buf_clear(struct buf *b);

void buf_add(struct buf *b, struct span s);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *text);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool buf_ok(const struct buf *b);

/* What has been written so far; valid until the next addition. Never absent. */
struct span buf_span(const struct buf *b);

/* The same with a NUL behind it; "" for a buffer never written to. Valid until the next addition.
 */
const char *buf_text(const struct buf *b);

/* Hands the text to the caller, who frees it; the buffer is then empty. NULL when it had failed. */
char *buf_take(struct buf *b);

#endif
