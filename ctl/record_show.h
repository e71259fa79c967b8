#ifndef COEXIST_CTL_RECORD_SHOW_H
#define COEXIST_CTL_RECORD_SHOW_H

#include "ctl/json.h"
#include "ctl/scan.h"

/* Records for people and for programs. */

/* One line: the name, then `field=value` each, then what is wrong with a bad one. */
void record_show_line(struct out *o, const struct scanned *r);

/* The fields, a line each, below their name. */
void record_show_whole(struct out *o, const struct scanned *r);

/* {"name", "fields": {...}, "good", "fault"}. NULL without memory. */
json_t *record_show_json(const struct scanned *r);

#endif
