#include "milter/metrics_socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64
#define HOST_MAX 256

/* host: without brackets; NULL for the port where the text has none. */
static const char *split(const char *endpoint, char host[HOST_MAX])
{
    const char *colon = strrchr(endpoint, ':');
    if (!colon)
        return NULL;
    bool bracketed = endpoint[0] == '[' && colon > endpoint && colon[-1] == ']';
    int n = (int)(colon - endpoint) - (bracketed ? 2 : 0);
    int written = snprintf(host, HOST_MAX, "%.*s", n, endpoint + bracketed);
    return written >= 0 && written < HOST_MAX ? colon + 1 : NULL;
}

/* -1 with errno. */
static int listen_at(const struct addrinfo *a)
{
    int on = 1;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static void tell(const char *endpoint, int why, char error[METRICS_SERVER_ERROR_MAX])
{
    if (why == EADDRINUSE)
        snprintf(error, METRICS_SERVER_ERROR_MAX,
                 "metrics: %s: another process listens there: stop it or set another `metrics`",
                 endpoint);
    else
        snprintf(error, METRICS_SERVER_ERROR_MAX, "metrics: %s: cannot listen there: %s", endpoint,
                 strerror(why));
}

int metrics_socket_open(const char *endpoint, char error[METRICS_SERVER_ERROR_MAX])
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    char host[HOST_MAX];
    const char *port = split(endpoint, host);
    int failed = port ? getaddrinfo(host, port, &hints, &found) : EAI_NONAME;
    if (failed) {
        snprintf(error, METRICS_SERVER_ERROR_MAX, "metrics: %s: %s", endpoint,
                 gai_strerror(failed));
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *a = found; fd < 0 && a; a = a->ai_next)
        fd = listen_at(a);
    if (fd < 0)
        tell(endpoint, errno, error);
    freeaddrinfo(found);
    return fd;
}
