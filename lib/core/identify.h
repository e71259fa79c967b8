#ifndef COEXIST_CORE_IDENTIFY_H
#define COEXIST_CORE_IDENTIFY_H

#include "base/span.h"

/*
 * How a system in a shared cloud makes itself known: `Header: value`, a field that its connector
 * adds, or `cert: CN`, the common name of its TLS client certificate. Spans are borrowed from the
 * text that was read.
 */
struct identify {
    struct span header; /* absent: not by header */
    struct span value;
    struct span cert; /* absent: not by certificate */
};

/* Reads the option's text; an absent text gives an identify that nothing matches. False, nothing
 * changed, when there is no colon, or nothing before or behind it. */
bool identify_parse(struct span text, struct identify *out);

/* The field is the one, in name (any case) and unfolded, trimmed value; in constant time. */
bool identify_by_header(const struct identify *id, struct span name, struct span value);

/* The certificate's common name is the one, in any case. */
bool identify_by_cert(const struct identify *id, struct span subject);

#endif
