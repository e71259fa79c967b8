#ifndef COEXIST_CTL_LDIF_H
#define COEXIST_CTL_LDIF_H

#include "base/buf.h"

/*
 * LDIF (RFC 2849), read attribute by attribute from a text in memory: folded lines, base64 values,
 * comments, attribute options. Values that are in a file elsewhere (`attr:< file:///...`) are never
 * followed.
 */

#define LDIF_VALUE_MAX (1024 * 1024) /* octets of a value that is asked for */
#define LDIF_NAME_MAX 255            /* octets of the name of an attribute, options included */
#define LDIF_FAULT_MAX 160           /* longest sentence, NUL included */
#define LDIF_LINE_COLUMN 76          /* where written lines are folded */

enum ldif_step {
    LDIF_ATTRIBUTE,
    LDIF_ENTRY_END, /* the entry that the attributes since the last one belong to is complete */
    LDIF_END,
    LDIF_FAULT /* fault and fault_line say what is wrong; the text cannot be read further */
};

struct ldif {
    struct span rest;
    size_t line;   /* of the beginning of rest, counted from 1 */
    bool in_entry; /* attributes have been handed out since the last end of an entry */
    /* The attribute. */
    struct span name; /* without options; "-" for the line that ends a change of an attribute */
    char name_text[LDIF_NAME_MAX]; /* which it is a part of */
    size_t name_line;
    char kind;       /* ':' a value as it is, 'b' base64, '<' elsewhere */
    struct span raw; /* with its folds */
    char fault[LDIF_FAULT_MAX];
    size_t fault_line;
};

void ldif_begin(struct ldif *l, struct span text);
enum ldif_step ldif_next(struct ldif *l);

/*
 * The value of the attribute just read, into *out in place of what was there. False with a fault:
 * it is not base64 in full, is elsewhere, or is longer than LDIF_VALUE_MAX or out's own limit.
 */
bool ldif_value(struct ldif *l, struct buf *out);

/* Writes one attribute in lines of their own, folded; in base64 where RFC 2849 asks for that. */
void ldif_write(struct buf *out, const char *name, struct span value);

#endif
