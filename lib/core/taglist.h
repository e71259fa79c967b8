#ifndef COEXIST_CORE_TAGLIST_H
#define COEXIST_CORE_TAGLIST_H

#include "base/result.h"
#include "base/span.h"

/* Tag lists (RFC 6376 section 3.2), such as `v=1; i=2; b=abc=`. Names are case-sensitive. */

#define TAGLIST_TAGS_MAX 32

struct tag {
    struct span name;
    struct span value; /* present, possibly empty */
};

struct taglist {
    struct tag tag[TAGLIST_TAGS_MAX]; /* in the order found */
    size_t tags;
};

/*
 * Copies the text without its blanks (space, tab, CR, LF), which stand for nothing in our tag
 * lists, not even inside a value. out has room for text.n octets; returns how many were written.
 */
size_t taglist_strip(struct span text, char *out);

/*
 * Reads a stripped text. The tags point into it. One `;` behind the last tag is borne.
 * RESULT_SYNTAX: no tag, an empty one, no `=`, a name that is not a letter followed by letters,
 * digits or `_`, a value with octets that are not printable ASCII, a name twice. RESULT_LIMIT: more
 * tags than TAGLIST_TAGS_MAX.
 */
enum result taglist_parse(struct span text, struct taglist *out);

/* The value of the tag of that name, or absent. */
struct span taglist_get(const struct taglist *l, const char *name);

#endif
