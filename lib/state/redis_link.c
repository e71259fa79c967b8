#include "state/redis_link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "state/deadline.h"
#include "state/fault.h"

#define KEEPALIVE_IDLE_S 15
#define KEEPALIVE_INTERVAL_S 5
#define KEEPALIVE_PROBES 3

static enum redis_link wait_for(int fd, short events, int64_t deadline)
{
    struct pollfd p = { .fd = fd, .events = events };
    for (;;) {
        int n = poll(&p, 1, deadline_left(deadline));
        if (n > 0)
            return LINK_DONE;
        if (n == 0)
            return LINK_TIMEOUT;
        if (errno != EINTR)
            return LINK_FAILED;
        if (deadline_left(deadline) == 0)
            return LINK_TIMEOUT;
    }
}

/* What a failed send or receive means; LINK_DONE: try again when the socket is ready. */
static enum redis_link classify(int error)
{
    switch (error) {
    case EAGAIN:
    case EINTR:
        return LINK_DONE;
    case EPIPE:
    case ECONNRESET:
        return LINK_CLOSED;
    default:
        return LINK_FAILED;
    }
}

enum redis_link redis_link_send(int fd, struct span text, int64_t deadline)
{
    while (text.n > 0) {
        ssize_t n = send(fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            text = span_from(text, (size_t)n);
            continue;
        }
        enum redis_link l = classify(errno);
        if (l == LINK_DONE)
            l = wait_for(fd, POLLOUT, deadline);
        if (l != LINK_DONE)
            return l;
    }
    return LINK_DONE;
}

enum redis_link redis_link_receive(int fd, char *p, size_t size, size_t *got, int64_t deadline)
{
    for (;;) {
        enum redis_link l = wait_for(fd, POLLIN, deadline);
        if (l != LINK_DONE)
            return l;
        ssize_t n = recv(fd, p, size, MSG_DONTWAIT);
        if (n == 0)
            return LINK_CLOSED;
        if (n > 0) {
            *got = (size_t)n;
            return LINK_DONE;
        }
        l = classify(errno);
        if (l != LINK_DONE)
            return l;
    }
}

bool redis_link_quiet(int fd)
{
    char c;
    return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && classify(errno) == LINK_DONE;
}

/* Small packets go at once, and an idle connection that a firewall forgot is found out. Without
 * these a connection still works, so that no failure is looked at. */
static void tune_tcp(int fd)
{
    const int on = 1, idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S;
    const int probes = KEEPALIVE_PROBES;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

/* 0, or the error number. */
static int finish_connect(int fd, int64_t deadline)
{
    enum redis_link l = wait_for(fd, POLLOUT, deadline);
    if (l != LINK_DONE)
        return l == LINK_TIMEOUT ? ETIMEDOUT : errno;
    int error = 0;
    socklen_t length = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        return errno;
    return error;
}

/* The descriptor, or -1 with errno. */
static int link_connect(const void *address, socklen_t length, int64_t deadline)
{
    const struct sockaddr *to = address;
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int error = connect(fd, to, length) == 0 ? 0 : errno;
    if (error == EINPROGRESS || error == EINTR)
        error = finish_connect(fd, deadline);
    if (error) {
        close(fd);
        errno = error;
        return -1;
    }
    if (to->sa_family != AF_UNIX)
        tune_tcp(fd);
    return fd;
}

static int open_unix(const char *path, int64_t deadline)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t n = strlen(path);
    if (n >= sizeof(to.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(to.sun_path, path, n + 1);
    return link_connect(&to, sizeof(to), deadline);
}

/* One after the other, each with an equal share of the time that is left. */
static int open_first(const struct redis_addresses *a, int64_t deadline)
{
    int fd = -1;
    errno = EHOSTUNREACH;
    for (size_t i = 0; i < a->n && fd < 0; i++) {
        int share = deadline_left(deadline) / (int)(a->n - i);
        fd = link_connect(&a->at[i].address, a->at[i].length, deadline_in((unsigned)share));
    }
    return fd;
}

int redis_link_open(const char *path, struct redis_names *names, int64_t deadline,
                    char why[RECORD_FAULT_MAX])
{
    struct redis_addresses addresses;
    if (!path && !redis_names_ask(names, deadline, &addresses, why))
        return -1;
    int fd = path ? open_unix(path, deadline) : open_first(&addresses, deadline);
    if (fd < 0) {
        char text[RECORD_FAULT_MAX];
        fault_set(why, "connect: %s", strerror_r(errno, text, sizeof(text)));
    }
    return fd;
}
