#include "milter/endpoint.h"

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GROUP_BUFFER_MAX 16384
#define PORT_TEXT_MAX 8

bool endpoint_fault(char error[ENDPOINT_ERROR_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, ENDPOINT_ERROR_MAX, format, args);
    va_end(args);
    return false;
}

const char *endpoint_path(const struct endpoint *e)
{
    const char *colon = strchr(e->address, ':');
    if (strncmp(e->address, "unix:", 5) == 0 || strncmp(e->address, "local:", 6) == 0)
        return colon + 1;
    return NULL;
}

/* False with errno for a path that is too long. */
static bool name_path(const char *path, struct sockaddr_un *sun)
{
    *sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(sun->sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(sun->sun_path, path, strlen(path) + 1);
    return true;
}

/* Somebody answers at the socket: 1; nobody: 0; it cannot be told: -1 with errno. */
static int is_answered(const char *path)
{
    struct sockaddr_un sun;
    if (!name_path(path, &sun))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int rc = connect(fd, (const struct sockaddr *)&sun, sizeof(sun));
    int saved = errno;
    close(fd);
    errno = saved;
    /* EAGAIN: a listener with a full queue. */
    if (rc == 0 || errno == EAGAIN)
        return 1;
    return errno == ECONNREFUSED || errno == ENOENT ? 0 : -1;
}

bool endpoint_clear(const struct endpoint *e, char error[ENDPOINT_ERROR_MAX])
{
    struct stat st;
    const char *path = endpoint_path(e);
    if (!path)
        return true;
    if (lstat(path, &st) != 0)
        return errno == ENOENT || endpoint_fault(error, "%s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return endpoint_fault(error, "%s: is there and no socket: remove it or set another `%s`",
                              path, e->option);
    switch (is_answered(path)) {
    case 1:
        return endpoint_fault(error,
                              "%s: another process listens there: stop it or set another `%s`",
                              path, e->option);
    case 0:
        break;
    default:
        return endpoint_fault(error, "%s: %s", path, strerror(errno));
    }
    if (unlink(path) != 0 && errno != ENOENT)
        return endpoint_fault(error, "%s: the stale socket cannot be removed: %s", path,
                              strerror(errno));
    return true;
}

static bool give_to_group(const char *path, const char *name, char error[ENDPOINT_ERROR_MAX])
{
    struct group group, *found = NULL;
    char *buffer = malloc(GROUP_BUFFER_MAX);
    bool good = false;
    if (!buffer || getgrnam_r(name, &group, buffer, GROUP_BUFFER_MAX, &found) != 0 || !found)
        endpoint_fault(error, "socket_group: there is no group '%s'", name);
    else if (chown(path, (uid_t)-1, found->gr_gid) != 0)
        endpoint_fault(error, "%s: cannot be given to group '%s': %s", path, name, strerror(errno));
    else
        good = true;
    free(buffer);
    return good;
}

bool endpoint_set_access(const struct endpoint *e, char error[ENDPOINT_ERROR_MAX])
{
    const char *path = endpoint_path(e);
    if (!path)
        return true;
    if (e->group && !give_to_group(path, e->group, error))
        return false;
    if (chmod(path, e->mode) != 0)
        return endpoint_fault(error, "%s: cannot be given mode %04o: %s", path, (unsigned)e->mode,
                              strerror(errno));
    return true;
}

/* Takes the socket, or closes it and gives -1 with errno. */
static int listen_at(int fd, const struct sockaddr *name, socklen_t n)
{
    if (fd >= 0 && bind(fd, name, n) == 0 && listen(fd, ENDPOINT_BACKLOG) == 0)
        return fd;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

static int open_unix(const struct endpoint *e, const char *path, char error[ENDPOINT_ERROR_MAX])
{
    struct sockaddr_un sun;
    int fd = -1;
    if (!endpoint_clear(e, error))
        return -1;
    /* Nobody may connect before the mode is set. */
    mode_t before = umask(0777);
    if (name_path(path, &sun))
        fd = listen_at(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                       (const struct sockaddr *)&sun, sizeof(sun));
    int saved = errno;
    umask(before);
    if (fd < 0) {
        endpoint_fault(error, "%s: cannot listen there: %s", e->address, strerror(saved));
        return -1;
    }
    if (endpoint_set_access(e, error))
        return fd;
    close(fd);
    unlink(path);
    return -1;
}

/* The first of the names that can be had. */
static int listen_at_any(const struct addrinfo *found)
{
    int fd = -1;
    for (; found && fd < 0; found = found->ai_next) {
        int on = 1;
        fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0)
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        fd = listen_at(fd, found->ai_addr, found->ai_addrlen);
    }
    return fd;
}

/* PORT@HOST, behind the colon; the form was checked with the configuration. */
static int open_tcp(const struct endpoint *e, char error[ENDPOINT_ERROR_MAX])
{
    char port[PORT_TEXT_MAX] = "";
    const char *text = strchr(e->address, ':') + 1;
    const char *at = strchr(text, '@');
    struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                              .ai_family =
                                  strncmp(e->address, "inet6:", 6) == 0 ? AF_INET6 : AF_INET,
                              .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    if (!at || (size_t)(at - text) >= sizeof(port)) {
        endpoint_fault(error, "%s: '%s' is not PORT@HOST", e->option, text);
        return -1;
    }
    memcpy(port, text, (size_t)(at - text));
    int failed = getaddrinfo(at + 1, port, &hints, &found);
    if (failed) {
        endpoint_fault(error, "%s: %s: %s", e->option, at + 1, gai_strerror(failed));
        return -1;
    }
    int fd = listen_at_any(found);
    if (fd < 0)
        endpoint_fault(error, "%s: cannot listen there: %s", e->address, strerror(errno));
    freeaddrinfo(found);
    return fd;
}

int endpoint_open(const struct endpoint *e, char error[ENDPOINT_ERROR_MAX])
{
    const char *path = endpoint_path(e);
    return path ? open_unix(e, path, error) : open_tcp(e, error);
}

void endpoint_remove(const struct endpoint *e)
{
    const char *path = endpoint_path(e);
    if (path)
        unlink(path);
}
