#ifndef COEXIST_CORE_TRANSFER_H
#define COEXIST_CORE_TRANSFER_H

#include "base/buf.h"

/* Content transfer encodings (RFC 2045 section 6). */

enum transfer {
    TRANSFER_PLAIN, /* 7bit, 8bit, binary, and what nobody knows: taken as it stands */
    TRANSFER_BASE64,
    TRANSFER_QUOTED /* quoted-printable */
};

/* Of a Content-Transfer-Encoding value, comments and case set aside. */
enum transfer transfer_parse(struct span value);

/*
 * Adds the decoded text to *out; ask buf_ok(). Damage is borne: in base64 octets that are none of
 * its letters are passed over, and what is left of a quantum at the end, or before padding in the
 * middle, counts as far as it makes whole octets; in quoted-printable a `=` that begins nothing
 * stays. (libcrypto's decoder of base64 gives up where it meets such text.)
 */
void transfer_decode(enum transfer how, struct span text, struct buf *out);

/* What a letter of base64 stands for; TRANSFER_NO_LETTER for any other octet. */
#define TRANSFER_NO_LETTER 64
unsigned transfer_letter(char c);

/* What a hexadecimal digit stands for, in either case; TRANSFER_NO_DIGIT for any other octet. */
#define TRANSFER_NO_DIGIT 16
unsigned transfer_hex(char c);

#endif
