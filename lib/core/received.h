#ifndef COEXIST_CORE_RECEIVED_H
#define COEXIST_CORE_RECEIVED_H

#include "base/span.h"

/*
 * One Received field (RFC 5321 section 4.4), read as the world writes it. Each part is a span into
 * the value that was given, or absent; a part of several words may hold the folding between them.
 */
struct received {
    struct span from_helo; /* the name that the client gave, or else what stands behind `from`;
                              brackets and IPv6: tag of a literal kept off */
    struct span from_rdns; /* the name that its address resolved to, without the root's dot; absent
                              for `unknown` */
    struct span from_ip;   /* the client's address, without brackets, IPv6: tag, zone and port */
    struct span by;        /* the host that wrote the field */
    struct span via;
    struct span with; /* the protocol word: ESMTPS, LMTP, HTTP, mapi */
    struct span id;   /* without angle brackets */
    struct span for_; /* the first address, without angle brackets */
    int64_t time;     /* seconds UTC; valid where has_time */
    bool has_time;
    bool parsed; /* false: nothing in it was understood, an opaque hop */
};

/* The longest value that is read; the rest of a longer one is passed over. */
#define RECEIVED_MAX 8192

/*
 * Reads a folded or unfolded value, without the field name. Never fails: what is not understood is
 * absent. parsed is true when there is a `from`, a `by`, or a date. Linear in the length. out
 * points into value, which must outlive it.
 */
void received_parse(struct span value, struct received *out);

#endif
