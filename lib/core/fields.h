#ifndef COEXIST_CORE_FIELDS_H
#define COEXIST_CORE_FIELDS_H

#include "base/span.h"

/*
 * A header cut into its fields (RFC 5322 section 2.2), as messages have them that went through many
 * hands: lines end as line_take() has it, in any mix, and hold any octets. A CR alone ends a line
 * only where what follows reads as the next line of a header: some programs leave them in values.
 */

#define FIELD_NAME_MAX 256 /* octets; a longer one is none */

struct field {
    struct span name;  /* without blanks in front of the colon (obsolete syntax) */
    struct span value; /* what stands behind the colon, folding included, last line end not */
};

/*
 * Takes the next field off *rest. False at the end of the header: an empty line, which is then
 * taken off too, a line that is no field (the empty line is missing: the body begins with it), or
 * the end of the text. *rest is then the body.
 */
bool field_take(struct span *rest, struct field *out);

/* One line of a header, without its end: not unfolded. */
struct span field_line_take(struct span *rest);

/* The line begins a field: a name, and its colon. */
bool field_begins(struct span line);

#endif
