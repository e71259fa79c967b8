#ifndef COEXIST_CORE_MIME_H
#define COEXIST_CORE_MIME_H

#include "core/content_type.h"
#include "core/transfer.h"

/*
 * The parts of a message (RFC 2046 section 5.1), in one pass over its text, without memory of its
 * own. Multiparts are gone into; a message within the message is a leaf, to be decoded and read
 * with another mime_parse() by whoever wants to know what is in it.
 */

#define MIME_PARTS_MAX 256    /* in all; what follows belongs to the last one */
#define MIME_DEPTH_MAX 16     /* multiparts within each other; a deeper one is a leaf */
#define MIME_BOUNDARY_MAX 255 /* octets; RFC 2046 allows 70. Longer: the multipart is a leaf */
#define MIME_NO_PARENT SIZE_MAX

struct mime_part {
    struct span header; /* with its line ends, without the empty line */
    struct span body;   /* as it stands, encoded; of a multipart all of its parts; without the line
                           end that belongs to the boundary behind it */
    struct content_type type; /* what it is by default, where the header does not say */
    enum transfer encoding;
    size_t parent; /* index in part[]; MIME_NO_PARENT for the message itself */
    unsigned depth;
    bool open; /* the text ends before the boundary that should end it */
};

struct mime {
    struct mime_part part[MIME_PARTS_MAX]; /* part[0] is the message; parents before their children,
                                              children in their order */
    size_t parts;
    bool cut; /* a cap was passed */
};

/* Never fails: whatever the text is, it has one part at least. out points into the text. */
void mime_parse(struct span message, struct mime *out);

/* The part is of that type, in any case; subtype: NULL for any. */
bool mime_part_is(const struct mime_part *p, const char *type, const char *subtype);

#endif
