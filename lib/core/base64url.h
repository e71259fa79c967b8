#ifndef COEXIST_CORE_BASE64URL_H
#define COEXIST_CORE_BASE64URL_H

#include <stddef.h>

/* Letters that n octets take. */
#define BASE64URL_LEN(n) (((n)*8 + 5) / 6)

/* Writes n octets in base64url (RFC 4648 section 5) without padding, and a NUL behind. */
void base64url_write(const unsigned char *octets, size_t n, char *out);

#endif
