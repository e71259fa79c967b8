#ifndef COEXIST_CORE_DECODER_H
#define COEXIST_CORE_DECODER_H

#include <stddef.h>

#include "core/transfer.h"

/*
 * Undoes a content transfer encoding (RFC 2045 section 6) octet by octet, for text that comes in
 * pieces and is looked at once, without memory. Damage is borne as in transfer_decode(). Blanks at
 * the end of a line of quoted-printable, which that drops, come through.
 */
struct decoder {
    enum transfer how;
    unsigned bits; /* of base64 that wait for more, and how many */
    unsigned held;
    enum { DECODER_TEXT, DECODER_EQUALS, DECODER_DIGIT, DECODER_BREAK } state; /* of the others */
    char digit;
};

/* Most octets that one makes: a `=` that began nothing, what followed it, and the octet itself. */
#define DECODER_OUT_MAX 3

/* Before the first octet. */
void decoder_init(struct decoder *d, enum transfer how);

/* Takes the next octet, and returns how many it has written to out. */
size_t decoder_take(struct decoder *d, char octet, char out[DECODER_OUT_MAX]);

#endif
