#ifndef COEXIST_CTL_MILTER_GREETING_H
#define COEXIST_CTL_MILTER_GREETING_H

/* Whether who listens at a socket is a filter of mail that is awake: it is greeted as an MTA does,
 * which options it wants, and taken leave of. */

enum greeting {
    GREETING_ANSWERED,
    GREETING_SILENT, /* nothing came within the time */
    GREETING_OTHER   /* what came is no answer of a filter, or the connection was closed */
};

/* fd: connected, and does not block; stays the caller's. */
enum greeting milter_greet(int fd, unsigned ms);

#endif
