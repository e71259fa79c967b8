#ifndef COEXIST_CORE_NETSTRING_H
#define COEXIST_CORE_NETSTRING_H

#include "base/span.h"

/*
 * Netstrings, `LENGTH:OCTETS,`, which carry the requests and replies of the socketmap protocol. The
 * length is in decimal digits, without a zero in front of others.
 */

#define NETSTRING_DIGITS_MAX 9
#define NETSTRING_FRAME_MAX (NETSTRING_DIGITS_MAX + 2) /* octets that are not the text's */

enum netstring {
    NETSTRING_WHOLE,
    NETSTRING_PART, /* so far it is one, and more of it has to come */
    NETSTRING_BAD   /* whatever comes, it is none, or its text passes the limit */
};

/*
 * Reads the netstring that the input begins with. NETSTRING_WHOLE: its text, a part of the input,
 * in *text, and how many octets of the input it took in *taken. Nothing is looked at twice but the
 * length; what is told as NETSTRING_PART has at most `most` + NETSTRING_FRAME_MAX octets.
 */
enum netstring netstring_read(struct span in, size_t most, struct span *text, size_t *taken);

/* Writes the text as a netstring. How many octets it took; 0: it does not fit into the room. */
size_t netstring_write(struct span text, char *out, size_t room);

#endif
