#ifndef COEXIST_CTL_LOOPED_H
#define COEXIST_CTL_LOOPED_H

#include "base/buf.h"
#include "ctl/record_set.h"

/* What looped or conflicted, by recipient. */

#define LOOPED_MAX 10000 /* recipients; of further ones the events are counted alone */

struct looped_row {
    size_t count;
    int64_t first_ms;
    int64_t last_ms;
    unsigned evidence;   /* of all of them; see looped_evidence() */
    struct event *event; /* the newest that says most: acted on rather than suspected */
    struct event *path;  /* the newest that has a path; NULL: none has */
    bool written;        /* a record that bears on it was written after the newest */
};

struct looped {
    struct looped_entry *by_rcpt;
    struct looped_row **row; /* by looped_sort() */
    size_t rows;
    size_t others; /* events of recipients above LOOPED_MAX */
    struct record_set changed;
    bool failed; /* no memory */
};

/* prefix of the keys in Redis; borrowed. False without random octets. */
bool looped_init(struct looped *l, const char *prefix);
void looped_free(struct looped *l);

/* Takes the events in their order, newest first, of any kind; keeps what it needs. */
void looped_add(struct looped *l, const struct event *e);

/* Fills row[]: those that looped last come first. False without memory. */
bool looped_sort(struct looped *l);

/* Writes what shows it, joined by commas: `conflict,trace,ledger`; `none` for nothing. */
void looped_evidence(unsigned evidence, struct buf *out);

#endif
