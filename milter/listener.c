#include "milter/listener.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 512
#define GROUP_BUFFER_MAX 16384

static bool fail(char error[LISTENER_ERROR_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(char error[LISTENER_ERROR_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, LISTENER_ERROR_MAX, format, args);
    va_end(args);
    return false;
}

/* The path of a unix socket, or NULL for TCP. */
static const char *unix_path(const struct config *c)
{
    const char *colon = strchr(c->listen, ':');
    if (strncmp(c->listen, "unix:", 5) == 0 || strncmp(c->listen, "local:", 6) == 0)
        return colon + 1;
    return NULL;
}

bool listener_is_tcp(const struct config *c)
{
    return unix_path(c) == NULL;
}

/* Somebody answers at the socket: 1; nobody: 0; it cannot be told: -1 with errno. */
static int is_answered(const char *path)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(sun.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(sun.sun_path, path, strlen(path) + 1);
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

static bool clear_stale(const char *path, char error[LISTENER_ERROR_MAX])
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        if (errno == ENOENT)
            return true;
        return fail(error, "%s: %s", path, strerror(errno));
    }
    if (!S_ISSOCK(st.st_mode))
        return fail(error, "%s: is there and no socket: remove it or set another `listen`", path);
    switch (is_answered(path)) {
    case 1:
        return fail(error, "%s: another process listens there: stop it or set another `listen`",
                    path);
    case 0:
        break;
    default:
        return fail(error, "%s: %s", path, strerror(errno));
    }
    if (unlink(path) != 0 && errno != ENOENT)
        return fail(error, "%s: the stale socket cannot be removed: %s", path, strerror(errno));
    return true;
}

static bool give_to_group(const char *path, const char *name, char error[LISTENER_ERROR_MAX])
{
    struct group group, *found = NULL;
    char *buffer = malloc(GROUP_BUFFER_MAX);
    bool good = false;
    if (!buffer || getgrnam_r(name, &group, buffer, GROUP_BUFFER_MAX, &found) != 0 || !found)
        fail(error, "socket_group: there is no group '%s'", name);
    else if (chown(path, (uid_t)-1, found->gr_gid) != 0)
        fail(error, "%s: cannot be given to group '%s': %s", path, name, strerror(errno));
    else
        good = true;
    free(buffer);
    return good;
}

static bool set_access(const struct config *c, const char *path, char error[LISTENER_ERROR_MAX])
{
    if (c->socket_group && !give_to_group(path, c->socket_group, error))
        return false;
    if (chmod(path, (mode_t)c->socket_mode) != 0)
        return fail(error, "%s: cannot be given mode %04o: %s", path, c->socket_mode,
                    strerror(errno));
    return true;
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
    if (smfi_setconn(c->listen) != MI_SUCCESS || smfi_setbacklog(BACKLOG) != MI_SUCCESS)
        return fail(error, "listen: '%s' is not what libmilter takes", c->listen);
    errno = 0;
    if (smfi_opensocket(false) != MI_SUCCESS)
        return fail(error, "%s: cannot listen there: %s", c->listen,
                    errno ? strerror(errno) : "see the mail log");
    return true;
}

bool listener_open(const struct config *c, char error[LISTENER_ERROR_MAX])
{
    const char *path = unix_path(c);
    if (!path) {
        if (!open_socket(c, error))
            return false;
        set_nodelay();
        return true;
    }
    if (!clear_stale(path, error))
        return false;
    /* Nobody may connect before the mode is set. */
    mode_t before = umask(0777);
    bool opened = open_socket(c, error);
    umask(before);
    if (opened && set_access(c, path, error))
        return true;
    if (opened)
        unlink(path);
    return false;
}

void listener_remove(const struct config *c)
{
    const char *path = unix_path(c);
    if (path)
        unlink(path);
}
