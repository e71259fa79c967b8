#ifndef COEXIST_STATE_REDIS_LINK_H
#define COEXIST_STATE_REDIS_LINK_H

#include "state/redis_names.h"

/* Sockets that never wait beyond a deadline and never raise SIGPIPE. */

enum redis_link {
    LINK_DONE,
    LINK_TIMEOUT,
    LINK_CLOSED, /* by the other end */
    LINK_FAILED  /* errno says how */
};

/* Connects to the unix socket at path, or else to the first address that answers. The descriptor,
 * which the caller closes; or -1 with a sentence in why. */
int redis_link_open(const char *path, struct redis_names *names, int64_t deadline,
                    char why[RECORD_FAULT_MAX]);

/* Sends the whole text. */
enum redis_link redis_link_send(int fd, struct span text, int64_t deadline);

/* Waits for octets and takes what there is, *got of them, more than none with LINK_DONE. */
enum redis_link redis_link_receive(int fd, char *p, size_t size, size_t *got, int64_t deadline);

/* The other end has neither closed the connection nor sent anything. */
bool redis_link_quiet(int fd);

#endif
