#ifndef COEXIST_CORE_LINE_H
#define COEXIST_CORE_LINE_H

#include "base/span.h"

/*
 * Takes the first line off *rest and returns it without its end: LF, CRLF, CR, or the CRCRLF that
 * text becomes which was converted twice. What stands at the end of the text without a line end is
 * a line too. Empty, with *rest empty, at the end. Linear over all lines of a text.
 */
struct span line_take(struct span *rest);

/* The octets of the line end that the text begins with; 0 for none. */
size_t line_end_length(struct span text);

#endif
