#include "milter/listener.h"

#include <dirent.h>
#include <errno.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

static struct endpoint endpoint_of(const struct config *c)
{
    return (struct endpoint){ "listen", c->listen, (mode_t)c->socket_mode, c->socket_group };
}

bool listener_is_tcp(const struct config *c)
{
    const struct endpoint e = endpoint_of(c);
    return endpoint_path(&e) == NULL;
}

static bool is_listening(int fd)
{
    int on = 0;
    socklen_t n = sizeof(on);
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &n) == 0 && on;
}

/* libmilter keeps its descriptor to itself: found here as the one that listens. -1 for none. */
static int find_listener(void)
{
    int found = -1;
    DIR *d = opendir("/proc/self/fd");
    if (!d)
        return -1;
    for (struct dirent *e; found < 0 && (e = readdir(d));) {
        int fd = (int)strtol(e->d_name, NULL, 10);
        if (e->d_name[0] != '.' && fd != dirfd(d) && is_listening(fd))
            found = fd;
    }
    closedir(d);
    return found;
}

/* libmilter ends a message with several small packets, which Nagle's algorithm would hold back. On
 * Linux accepted sockets inherit the option. */
static void set_nodelay(void)
{
    int on = 1;
    int fd = find_listener();
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static bool open_socket(const struct config *c, char error[LISTENER_ERROR_MAX])
{
    if (smfi_setconn(c->listen) != MI_SUCCESS || smfi_setbacklog(ENDPOINT_BACKLOG) != MI_SUCCESS)
        return endpoint_fault(error, "listen: '%s' is not what libmilter takes", c->listen);
    errno = 0;
    if (smfi_opensocket(false) != MI_SUCCESS)
        return endpoint_fault(error, "%s: cannot listen there: %s", c->listen,
                              errno ? strerror(errno) : "see the mail log");
    return true;
}

bool listener_open(const struct config *c, char error[LISTENER_ERROR_MAX])
{
    const struct endpoint e = endpoint_of(c);
    if (listener_is_tcp(c)) {
        if (!open_socket(c, error))
            return false;
        set_nodelay();
        return true;
    }
    if (!endpoint_clear(&e, error))
        return false;
    /* Nobody may connect before the mode is set. */
    mode_t before = umask(0777);
    bool opened = open_socket(c, error);
    umask(before);
    if (opened && endpoint_set_access(&e, error))
        return true;
    if (opened)
        endpoint_remove(&e);
    return false;
}

void listener_remove(const struct config *c)
{
    const struct endpoint e = endpoint_of(c);
    endpoint_remove(&e);
}
