#ifndef COEXIST_CTL_POSTFIX_WRITER_H
#define COEXIST_CTL_POSTFIX_WRITER_H

#include "ctl/endpoint.h"
#include "ctl/postfix_lines.h"

/* The work on one set of postfix_lines. */

#define POSTFIX_NOTE_MAX 512

struct postfix_writer {
    const struct config *c;
    const struct postconf *p; /* NULL: no Postfix is known */
    struct postfix_lines *to;
    const char *queue;      /* its queue directory */
    struct endpoint socket; /* of the filter */
    struct buf inlined;     /* the transports of routes, as one table; empty: none */
    char *why;
};

/* What the Postfix that is there has; "" where none is known. */
const char *postfix_writer_value(const struct postfix_writer *w, const char *name);

/* name: a literal. */
void postfix_writer_main(struct postfix_writer *w, const char *name, const char *value);

void postfix_writer_note(struct postfix_writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What stands in the list of that name now, with these tables in front, in their order, but for
 * those that are in it already. An empty one is none. */
void postfix_writer_tables(struct postfix_writer *w, const char *name, const char *const table[],
                           size_t tables);

#endif
