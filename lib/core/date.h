#ifndef COEXIST_CORE_DATE_H
#define COEXIST_CORE_DATE_H

#include "base/span.h"

/*
 * Reads a date-time (RFC 5322 sections 3.3 and 4.3) as the world writes it: day name optional or
 * wrong, one- or two-digit day, two- and three-digit years, seconds optional, comments and folding
 * anywhere, numeric zones, the obsolete named zones (GMT, UT, EST, ... ; military and unknown ones
 * count as +0000), a missing zone as +0000, `ctime` order (`Tue Nov 21 20:15:00 2026`).
 * Writes seconds since 1970-01-01 00:00:00 UTC, possibly negative; leap second 60 is read as 59.
 * False, *utc unchanged, for anything else (day 31 in June, hour 25, year over 9999).
 */
bool date_parse(struct span text, int64_t *utc);

#endif
