#ifndef COEXIST_CORE_PARAMETER_H
#define COEXIST_CORE_PARAMETER_H

#include "base/buf.h"

/*
 * One parameter of a MIME header field in any form that RFC 2231 allows, put together from what the
 * field says of it, in whatever order. The forms, of which the first that is not empty counts:
 *
 *   name=value                 RFC 2045 section 5.1
 *   name*=charset'lang'value   section 4: with %XX; charset and language are dropped
 *   name*0=val; name*1*=ue     sections 3 and 4.1: segments, those with a last asterisk with %XX,
 *                              number 0 of these with charset and language too
 *
 * Spans are borrowed from the field.
 */

#define PARAMETER_SEGMENTS_MAX 100 /* what is numbered higher is as if it were not there */

struct parameter_piece {
    struct span text; /* with its quotes; absent: the field has none */
    bool encoded;     /* it has %XX */
    bool labelled;    /* it begins with charset and language */
    bool filled;      /* it stands for one octet at least */
};

struct parameter {
    struct span name;
    struct parameter_piece plain, extended, segment[PARAMETER_SEGMENTS_MAX];
};

/* Of the name there is nothing yet. */
void parameter_init(struct parameter *p, struct span name);

/*
 * The next attribute of the field and its value, with its quotes where it has some. One that is no
 * form of the name, in any case of letters, changes nothing, such as a segment whose number has
 * zeros before it. Of two that are the same the first that is not empty counts. Takes time that
 * grows with the length of the two alone.
 */
void parameter_add(struct parameter *p, struct span attribute, struct span value);

/* It has a value that is not empty. */
bool parameter_present(const struct parameter *p);

/*
 * Adds the value to *out, without quotes, quoted pairs, and what section 4 adds to it; ask
 * buf_ok(). Segments count up to the first number that is missing. A `%` that two hexadecimal
 * digits do not follow stays; so does what begins with no charset and language where it should.
 * Octets are not looked at: there may be a NUL among them.
 */
void parameter_write(const struct parameter *p, struct buf *out);

#endif
