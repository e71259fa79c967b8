#ifndef COEXIST_CTL_SCAN_H
#define COEXIST_CTL_SCAN_H

#include "ctl/link.h"
#include "ctl/record_name.h"
#include "ctl/status.h"
#include "state/record.h"

/* All records of one kind, read page by page (SCAN, then HGETALL of the page in one exchange), so
 * that Redis is never kept from its other clients for long. */

#define SCAN_PAGE 500

struct scanned {
    enum record_kind kind;
    struct span name;
    const struct record_field *field; /* as they stand in Redis */
    size_t fields;
    enum record_name named;
    bool good;                   /* record_read() takes it, and its name is looked up */
    const struct record *record; /* of a good one */
    const char *fault;           /* what is wrong with another */
};

/*
 * Calls visit for each record once, in no order; what is passed is borrowed for the call. visit
 * ends the walk with false. STATUS_YES also then; STATUS_UNAVAILABLE with link_why(), or without
 * memory.
 */
enum status scan_records(struct link *l, const char *prefix, enum record_kind kind,
                         bool (*visit)(void *arg, const struct scanned *r), void *arg);

/* One record. STATUS_YES: visit was called; STATUS_NO: there is none. */
enum status scan_one(struct link *l, const char *prefix, enum record_kind kind, struct span name,
                     bool (*visit)(void *arg, const struct scanned *r), void *arg);

#endif
