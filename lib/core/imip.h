#ifndef COEXIST_CORE_IMIP_H
#define COEXIST_CORE_IMIP_H

#include "core/calendar.h"
#include "core/decoder.h"
#include "core/mime.h"

/*
 * Whether a message is iMIP (RFC 6047), found out while its body comes in pieces, cut anywhere:
 * whether some part of it is text/calendar with a method, as a parameter of its Content-Type or as
 * METHOD in what it holds. Multiparts are gone into; a message within the message is not, since it
 * invites nobody. Holds a part's header field and a line at most, and asks for no more than it
 * needs.
 */

enum imip_verdict { IMIP_OPEN, IMIP_NO, IMIP_YES };

#define IMIP_LINE_MAX                                                                              \
    1024 /* octets of a line of a header; RFC 5322 allows 998. What is more goes */
#define IMIP_FIELD_MAX 4096 /* octets of a field, its lines joined; what is more goes */

struct imip_boundary {
    char text[MIME_BOUNDARY_MAX];
    size_t n;
};

struct imip {
    enum imip_verdict verdict;
    enum { IMIP_IN_HEADER, IMIP_IN_CALENDAR, IMIP_IN_OTHER } place;
    struct imip_boundary level[MIME_DEPTH_MAX]; /* of the multiparts that have not ended */
    size_t levels;
    /* The part whose header is being read, or was last. */
    bool typed;
    bool encoded;
    bool is_calendar;
    enum transfer encoding;
    struct imip_boundary boundary; /* of a multipart; empty for any other */
    struct decoder decoder;        /* of a calendar, with what it holds */
    struct calendar calendar;
    char field[IMIP_FIELD_MAX];
    size_t in_field;
    /* The line under way: held while it may be a boundary, and in a header. */
    char line[IMIP_LINE_MAX];
    size_t in_line;
    bool passed_on; /* it is neither, and goes where it belongs as it comes */
};

/*
 * Begins with the message's own Content-Type and Content-Transfer-Encoding, either of which may be
 * absent. What it returns, as the next two, is final unless it is IMIP_OPEN.
 */
enum imip_verdict imip_begin(struct imip *m, struct span content_type, enum transfer encoding);

/* The next piece of the body. */
enum imip_verdict imip_take(struct imip *m, struct span piece);

/* The body has ended, or nobody can say more of it: never IMIP_OPEN. */
enum imip_verdict imip_end(struct imip *m);

/* A message with such a Content-Type is iMIP or not by its body alone: imip_begin() would leave it
 * open. */
bool imip_needs_body(struct span content_type);

#endif
