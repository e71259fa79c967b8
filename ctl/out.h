#ifndef COEXIST_CTL_OUT_H
#define COEXIST_CTL_OUT_H

#include <stdio.h>

#include "base/span.h"

/*
 * Where a command writes, for people. Colour and bars that move are for terminals alone. What
 * strangers have written (headers, addresses, records, events) goes through out_foreign(), so that
 * it can neither drive a terminal nor pretend to be another line.
 */

enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

enum ink { INK_PLAIN, INK_STRONG, INK_DIM, INK_GOOD, INK_WARN, INK_BAD };

#define OUT_WIDTH_USUAL 80 /* columns, where the terminal does not say */

struct out {
    FILE *to;
    bool terminal;
    bool colour; /* COLOUR_AUTO: a terminal, TERM is not `dumb`, and NO_COLOR is not set */
    unsigned width;
};

void out_init(struct out *o, FILE *to, enum colour colour);

/* Our own words. */
void out_printf(struct out *o, enum ink ink, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A stranger's: valid UTF-8 as it is, but controls (also U+0080 to U+009F and those that turn the
 * direction of writing) and octets that are no UTF-8 as \xHH, and the backslash doubled. */
void out_foreign(struct out *o, struct span text);
void out_foreign_ink(struct out *o, enum ink ink, struct span text);

/* Columns that out_foreign() takes, each character as one. */
size_t out_columns(struct span text);

/* A bar of `#` and blanks in brackets: part of whole, so many columns wide. A part above nothing
 * shows at least one mark. */
void out_bar(struct out *o, enum ink ink, uint64_t part, uint64_t whole, unsigned columns);

/* False when anything could not be written; to be asked once, at the end. */
bool out_flush(struct out *o);

/* Whoever read the pipe has gone, as `head` does when it has seen enough. */
bool out_is_unread(const struct out *o);

#endif
