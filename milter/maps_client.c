#include "milter/maps_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct maps_client *maps_client_new(int fd)
{
    /* Not cleared: most of it are the buffers. */
    struct maps_client *c = malloc(sizeof(*c));
    if (!c)
        return NULL;
    c->fd = fd;
    c->job = NULL;
    c->asked_us = 0;
    c->events = 0;
    c->in_turn = false;
    c->in_at = c->in_n = c->out_at = c->out_n = 0;
    return c;
}

void maps_client_free(struct maps_client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    free(c);
}

/* What has been read already goes to the front. */
static void make_room(struct maps_client *c)
{
    if (c->in_at == 0)
        return;
    memmove(c->in, c->in + c->in_at, c->in_n - c->in_at);
    c->in_n -= c->in_at;
    c->in_at = 0;
}

bool maps_client_read(struct maps_client *c)
{
    make_room(c);
    if (c->in_n == sizeof(c->in))
        return true;
    ssize_t n = recv(c->fd, c->in + c->in_n, sizeof(c->in) - c->in_n, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    c->in_n += (size_t)n;
    return n > 0;
}

enum netstring maps_client_next(struct maps_client *c, struct span *request)
{
    const struct span in = { c->in + c->in_at, c->in_n - c->in_at };
    size_t taken;
    enum netstring read = netstring_read(in, MAP_REQUEST_MAX, request, &taken);
    if (read == NETSTRING_WHOLE)
        c->in_at += taken;
    return read;
}

bool maps_client_has_room(const struct maps_client *c)
{
    return sizeof(c->out) - c->out_n >= MAP_REPLY_MAX + NETSTRING_FRAME_MAX;
}

void maps_client_reply(struct maps_client *c, struct span reply)
{
    c->out_n += netstring_write(reply, c->out + c->out_n, sizeof(c->out) - c->out_n);
}

bool maps_client_flush(struct maps_client *c)
{
    while (c->out_at < c->out_n) {
        ssize_t n = send(c->fd, c->out + c->out_at, c->out_n - c->out_at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        c->out_at += (size_t)n;
    }
    c->out_at = c->out_n = 0;
    return true;
}

bool maps_client_owes(const struct maps_client *c)
{
    return c->out_at < c->out_n;
}
