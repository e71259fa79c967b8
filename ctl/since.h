#ifndef COEXIST_CTL_SINCE_H
#define COEXIST_CTL_SINCE_H

#include <stdbool.h>
#include <stdint.h>

/* From when on, as a person writes it. */

#define SINCE_FORMS                                                                                \
    "so long ago (90s, 30m, 2h, 3d, 1w) or a moment in UTC (2026-01-31, 2026-01-31T12:00, "        \
    "2026-01-31T12:00:00)"

/* Both in milliseconds since 1970. False, nothing changed, for anything but SINCE_FORMS; a moment
 * before 1970 is 0. */
bool since_parse(const char *text, int64_t now_ms, int64_t *ms);

#endif
