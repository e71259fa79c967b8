/*
 * The least that a socketmap server can be: one thread and epoll, requests read as netstrings, one
 * answer to all of them. null_socketmap PATH ANSWER
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/netstring.h"

#define BACKLOG 512
#define EVENTS_AT_ONCE 64
#define REQUEST_MAX 2048
#define ANSWER_MAX 256
#define IN_MAX (REQUEST_MAX + NETSTRING_FRAME_MAX)
#define OUT_MAX 8192

struct client {
    int fd;
    size_t n;
    char in[IN_MAX];
};

static struct {
    int epoll, listener;
    char answer[ANSWER_MAX];
    size_t answer_n;
} server;

static void watch(int fd, void *what)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };
    epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &event);
}

static void on_listener(void)
{
    int fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct client *c = fd >= 0 ? calloc(1, sizeof(*c)) : NULL;
    if (!c) {
        close(fd);
        return;
    }
    c->fd = fd;
    watch(fd, c);
}

/* False: it sent what is no request. Its answers are as many as fit. */
static bool answer_all(struct client *c)
{
    char out[OUT_MAX];
    size_t at = 0, n = 0, taken;
    struct span request;
    enum netstring read;
    while ((read = netstring_read((struct span){ c->in + at, c->n - at }, REQUEST_MAX, &request,
                                  &taken)) == NETSTRING_WHOLE &&
           n + server.answer_n <= sizeof(out)) {
        memcpy(out + n, server.answer, server.answer_n);
        n += server.answer_n;
        at += taken;
    }
    memmove(c->in, c->in + at, c->n - at);
    c->n -= at;
    return read != NETSTRING_BAD && (n == 0 || send(c->fd, out, n, MSG_NOSIGNAL) == (ssize_t)n);
}

static void on_client(struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->n, sizeof(c->in) - c->n, 0);
    if (n > 0) {
        c->n += (size_t)n;
        if (answer_all(c))
            return;
    }
    close(c->fd);
    free(c);
}

static bool listen_at(const char *path, const char *answer)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(sun.sun_path))
        return false;
    memcpy(sun.sun_path, path, strlen(path));
    server.answer_n =
        netstring_write((struct span){ answer, strlen(answer) }, server.answer, ANSWER_MAX);
    server.epoll = epoll_create1(EPOLL_CLOEXEC);
    server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return server.answer_n > 0 && server.epoll >= 0 && server.listener >= 0 &&
           bind(server.listener, (const struct sockaddr *)&sun, sizeof(sun)) == 0 &&
           listen(server.listener, BACKLOG) == 0;
}

int main(int argc, char **argv)
{
    struct epoll_event event[EVENTS_AT_ONCE];
    if (argc != 3 || !listen_at(argv[1], argv[2]))
        return EX_UNAVAILABLE;
    watch(server.listener, &server);
    for (;;) {
        int n = epoll_wait(server.epoll, event, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < n; i++) {
            if (event[i].data.ptr == &server)
                on_listener();
            else
                on_client(event[i].data.ptr);
        }
    }
}
