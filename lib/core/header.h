#ifndef COEXIST_CORE_HEADER_H
#define COEXIST_CORE_HEADER_H

#include "base/buf.h"

/* Helpers on header field values as they arrive: folded, unverified, any octets. */

/* Writes the value unfolded (RFC 5322 section 2.2.3): each CRLF, LF or CR goes; trimmed at both
 * ends. */
void header_unfold(struct span value, struct buf *out);

/*
 * Skips blanks, folding and comments (nested, with quoted pairs; RFC 5322 section 3.2.2) at the
 * start of s. A comment that is never closed swallows the rest.
 */
struct span header_skip_cfws(struct span s);

/*
 * The first msg-id of a Message-ID, Resent-Message-ID, In-Reply-To or References value, in its
 * angle brackets; for one without brackets the first word; absent when there is neither.
 */
struct span header_message_id(struct span value);

/* The text between the last pair of angle brackets of a List-Id (RFC 2919), else the trimmed whole.
 */
struct span header_list_id(struct span value);

/* The Auto-Submitted value (RFC 3834 section 5) says that a machine sent this: anything but `no`,
 * comments and parameters set aside; an empty value is nobody's claim. */
bool header_is_auto_submitted(struct span value);

/* The Content-Type value (RFC 2045 section 5.1) is text/calendar with a method parameter: iMIP. */
bool header_is_imip(struct span value);

/*
 * A header name that belongs to this project: begins with X-Coexist-, in any case. A name with
 * blanks before the colon (obsolete syntax) counts the same.
 */
bool header_is_own(struct span name);

#endif
