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
 * It has a parameter of that name, in any case of letters, with a value that is not empty: plain or
 * in a form of RFC 2231, as in core/parameter.h. A value without quotes is taken up to the next
 * blank, `;` or comment, whatever else is in it, as they are found in mail:
 * `boundary=----=_Part_1`.
 */
bool content_type_has(const struct content_type *t, const char *name);

/* The value, without quotes and decoded, in place of what *out held. False where there is none, or
 * *out is too small for it. */
bool content_type_parameter(const struct content_type *t, const char *name, struct buf *out);

#endif
