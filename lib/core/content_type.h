#ifndef COEXIST_CORE_CONTENT_TYPE_H
#define COEXIST_CORE_CONTENT_TYPE_H

#include "base/buf.h"

/*
 * A Content-Type value (RFC 2045 section 5.1), folded or not, with comments anywhere. Spans are
 * borrowed from the value.
 */
struct content_type {
    struct span type; /* both absent where the value is not `type/subtype` */
    struct span subtype;
    struct span parameters; /* what stands behind them */
};

void content_type_parse(struct span value, struct content_type *out);

/* In any case of letters. subtype: NULL for any. */
bool content_type_is(const struct content_type *t, const char *type, const char *subtype);

/*
 * The value of the first parameter of that name which has one that is not empty, with its quotes
 * where it has some. A value without quotes is taken up to the next blank or `;`, as they are found
 * in mail: `boundary=----=_Part_1`. Values in pieces (RFC 2231) are not put together. Absent where
 * there is none.
 */
struct span content_type_value(const struct content_type *t, const char *name);

/* The same without quotes and quoted pairs, in place of what *out held. False where there is none,
 * or *out is too small for it. */
bool content_type_parameter(const struct content_type *t, const char *name, struct buf *out);

#endif
