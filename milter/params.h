#ifndef COEXIST_MILTER_PARAMS_H
#define COEXIST_MILTER_PARAMS_H

#include "base/buf.h"

/*
 * The ESMTP parameters of an added recipient in the form that Postfix understands from a milter.
 *
 * Up to 3.11 it reads every ORCPT value as xtext, whatever its type, and encodes it anew on the
 * wire: an address in RFC 6533's own encoding would arrive with one encoding inside the other. Such
 * an address goes as plain UTF-8, which reads the same in every version; where it has octets that
 * either encoding needs for itself, all of it goes as xtext, of type rfc822. What cannot be decoded
 * stays as it is.
 */
void params_for_mta(struct span params, struct buf *out);

#endif
