#ifndef COEXIST_CTL_MAIL_H
#define COEXIST_CTL_MAIL_H

#include "base/buf.h"
#include "core/fields.h"

/* A message (RFC 5322) as an administrator has it in a file: from a mailbox, a spool, a browser. */

#define MAIL_MAX (64 * 1024 * 1024) /* octets that are read of it */

/*
 * Reads all there is, up to MAIL_MAX, in place of what *out held, which buf_init() has given that
 * limit; *cut: there was more. A text in UTF-16 with its mark becomes UTF-8. False with errno.
 */
bool mail_read(int fd, struct buf *out, bool *cut);

/* Spans are borrowed from the text. */
struct mail {
    struct span message; /* the text without what stood around the message */
    struct span header;
    struct span body;
    bool more; /* further messages follow in the mailbox */
};

/*
 * Finds the message in a text: behind a byte order mark, empty lines, the `From ` line of a mailbox
 * (mbox), or what postcat(1) prints in front of it. False, *out in an unspecified state, where not
 * one header field is found.
 */
bool mail_parse(struct span text, struct mail *out);

/* The value of the first field of that name, trimmed; absent where there is none. */
struct span mail_field(const struct mail *m, const char *name);

#endif
