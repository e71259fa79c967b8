#include "ctl/endpoint.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/count.h"
#include "state/deadline.h"
#include "state/redis_names.h"

#define PORT_MAX 65535

/* Without double slashes. False when it does not fit. */
static bool set_path(struct endpoint *e, const char *base, struct span path)
{
    size_t n = 0;
    bool good = true;
    struct span part[] = { span_of(base), base ? SPAN_LIT("/") : SPAN_ABSENT, path };
    *e = (struct endpoint){ .local = true };
    for (size_t i = 0; i < COUNT_OF(part); i++) {
        for (size_t k = 0; k < part[i].n && good; k++) {
            if (part[i].p[k] == '/' && n > 0 && e->path[n - 1] == '/')
                continue;
            good = n + 1 < sizeof(e->path);
            if (good)
                e->path[n++] = part[i].p[k];
        }
    }
    return good && n > 0;
}

static bool set_host(struct endpoint *e, struct span host, struct span port)
{
    uint64_t number;
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct span){ host.p + 1, host.n - 2 };
    if (host.n == 0 || host.n >= sizeof(e->host) || !span_number(port, &number) ||
        number > PORT_MAX)
        return false;
    *e = (struct endpoint){ .port = (unsigned)number };
    memcpy(e->host, host.p, host.n);
    return true;
}

/* Takes a prefix off. */
static bool take(struct span *text, const char *prefix)
{
    if (!span_istarts(*text, span_of(prefix)))
        return false;
    *text = span_from(*text, strlen(prefix));
    return true;
}

bool endpoint_of_listen(const char *text, struct endpoint *out)
{
    struct span rest = span_of(text);
    if (take(&rest, "unix:") || take(&rest, "local:"))
        return set_path(out, NULL, rest);
    if (!take(&rest, "inet6:") && !take(&rest, "inet:"))
        return false;
    size_t at = span_find(rest, '@');
    return set_host(out, span_from(rest, at + 1), (struct span){ rest.p, at });
}

bool endpoint_of_host(struct span text, struct endpoint *out)
{
    size_t colon = span_rfind(text, ':');
    return set_host(out, (struct span){ text.p, colon }, span_from(text, colon + 1));
}

bool endpoint_of_postfix(struct span text, const char *base, bool chrooted, struct endpoint *out)
{
    if (take(&text, "unix:") || take(&text, "local:")) {
        bool absolute = text.n > 0 && text.p[0] == '/';
        return set_path(out, absolute && !chrooted ? NULL : base, text);
    }
    return take(&text, "inet:") && endpoint_of_host(text, out);
}

bool endpoint_is_below(const struct endpoint *e, const char *base)
{
    size_t n = strlen(base);
    while (n > 0 && base[n - 1] == '/')
        n--;
    return e->local && strncmp(e->path, base, n) == 0 && e->path[n] == '/' && e->path[n + 1];
}

void endpoint_for_postfix(const struct endpoint *e, const char *base, struct buf *out)
{
    size_t n = strlen(base);
    while (n > 0 && base[n - 1] == '/')
        n--;
    if (e->local)
        buf_addf(out, "unix:%s", e->path + (endpoint_is_below(e, base) ? n + 1 : 0));
    else if (strchr(e->host, ':'))
        buf_addf(out, "inet:[%s]:%u", e->host, e->port);
    else
        buf_addf(out, "inet:%s:%u", e->host, e->port);
}

static bool is_any(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

static bool is_here(const char *host)
{
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
           strcmp(host, "::1") == 0;
}

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
    if (a->local || b->local)
        return a->local && b->local && strcmp(a->path, b->path) == 0;
    if (a->port != b->port)
        return false;
    return strcasecmp(a->host, b->host) == 0 || is_any(a->host) || is_any(b->host) ||
           (is_here(a->host) && is_here(b->host));
}

static int connect_in_time(const struct sockaddr *address, socklen_t n, int64_t deadline, int *out)
{
    int failed = 0;
    socklen_t size = sizeof(failed);
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    if (connect(fd, address, n) != 0) {
        failed = errno;
        if (failed == EINPROGRESS && (failed = deadline_wait(fd, POLLOUT, deadline)) == 0)
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size);
    }
    if (failed == 0)
        *out = fd;
    else
        close(fd);
    return failed;
}

static int open_local(const struct endpoint *e, int64_t deadline, int *fd)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    if (strlen(e->path) >= sizeof(sun.sun_path))
        return ENAMETOOLONG;
    memcpy(sun.sun_path, e->path, strlen(e->path) + 1);
    return connect_in_time((const struct sockaddr *)&sun, sizeof(sun), deadline, fd);
}

static int open_host(const struct endpoint *e, int64_t deadline, int *fd)
{
    char why[RECORD_FAULT_MAX];
    struct redis_addresses found = { .n = 0 };
    struct redis_names *names = redis_names_new(e->host, e->port);
    int failed = EHOSTUNREACH;
    if (!names)
        return ENOMEM;
    if (redis_names_ask(names, deadline, &found, why))
        for (size_t i = 0; i < found.n && failed != 0; i++)
            failed = connect_in_time((const struct sockaddr *)&found.at[i].address,
                                     found.at[i].length, deadline, fd);
    redis_names_free(names);
    return failed;
}

int endpoint_open(const struct endpoint *e, unsigned ms, int *fd)
{
    return e->local ? open_local(e, deadline_in(ms), fd) : open_host(e, deadline_in(ms), fd);
}

int endpoint_try(const struct endpoint *e, unsigned ms)
{
    int fd = -1;
    int failed = endpoint_open(e, ms, &fd);
    if (failed == 0)
        close(fd);
    return failed;
}
