#ifndef COEXIST_BASE_UTF8_H
#define COEXIST_BASE_UTF8_H

#include "base/span.h"

#define UTF8_CODE_MAX 0x10FFFF

/*
 * The first character of the text: how many octets it takes, with its code in *code; 0, *code in an
 * unspecified state, for an empty text and for what RFC 3629 forbids, overlong forms and surrogates
 * included.
 */
size_t utf8_read(struct span text, uint32_t *code);

/* The same, and takes it off the text. False, the text as it was, where utf8_read() gives 0. */
bool utf8_take(struct span *text, uint32_t *code);

#endif
