#include "tests/support/fake_redis.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/redis_server.h"

#define CLIENTS_MAX 64
#define INPUT_MAX 65536
#define TRICKLE_MS 2

struct client {
    int fd; /* -1: none */
    char input[INPUT_MAX];
    size_t n;
    size_t counted; /* octets of whole commands among them */
    const struct fake_step *trickle;
    size_t trickled;
    bool silent;
};

struct room {
    struct fake_redis *f;
    size_t step;
    struct client client[CLIENTS_MAX];
};

static void client_drop(struct room *room, struct client *c)
{
    close(c->fd);
    c->fd = -1;
    atomic_fetch_sub(&room->f->open, 1);
}

/* Octets of the first whole command, an array of bulk strings; 0 while it is not whole. */
static size_t command_length(const char *p, size_t n)
{
    size_t at = 0;
    long strings = -1;
    while (strings != 0) {
        const char *end = memmem(p + at, n - at, "\r\n", 2);
        if (!end)
            return 0;
        long number = strtol(p + at + 1, NULL, 10);
        at = (size_t)(end - p) + 2;
        if (strings < 0) {
            strings = number;
            continue;
        }
        at += (size_t)number + 2;
        if (at > n)
            return 0;
        strings--;
    }
    return at;
}

static size_t step_length(const struct fake_step *s)
{
    return s->length ? s->length : s->text ? strlen(s->text) : 0;
}

static void client_send(const struct client *c, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(c->fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        p += sent;
        n -= (size_t)sent;
    }
}

static void client_answer(struct room *room, struct client *c)
{
    const struct fake_step *s = &room->f->step[room->step];
    if (room->step + 1 < room->f->steps)
        room->step++;
    if (s->then == FAKE_TRICKLE) {
        c->trickle = s;
        return;
    }
    client_send(c, s->text, step_length(s));
    c->silent = s->then == FAKE_SILENT;
    if (s->then == FAKE_CLOSE)
        client_drop(room, c);
}

static bool gate_is_open(const struct fake_redis *f)
{
    return atomic_load(&f->commands) >= atomic_load(&f->gate);
}

/* Commands are counted when they arrive and answered when the gate is open. */
static void client_serve(struct room *room, struct client *c)
{
    size_t n;
    while (c->fd >= 0 && !c->silent && !c->trickle && gate_is_open(room->f) &&
           (n = command_length(c->input, c->n)) > 0) {
        memmove(c->input, c->input + n, c->n - n);
        c->n -= n;
        c->counted -= n;
        client_answer(room, c);
    }
}

static void client_read(struct room *room, struct client *c)
{
    ssize_t got = recv(c->fd, c->input + c->n, sizeof(c->input) - c->n, 0);
    if (got <= 0) {
        client_drop(room, c);
        return;
    }
    c->n += (size_t)got;
    size_t n;
    while ((n = command_length(c->input + c->counted, c->n - c->counted)) > 0) {
        c->counted += n;
        atomic_fetch_add(&room->f->commands, 1);
    }
}

static void client_trickle(struct client *c)
{
    size_t n = step_length(c->trickle);
    if (n > 0)
        client_send(c, c->trickle->text + c->trickled++ % n, 1);
}

static void room_accept(struct room *room)
{
    int fd = accept4(room->f->listener, NULL, NULL, SOCK_CLOEXEC);
    for (struct client *c = room->client; c < room->client + CLIENTS_MAX; c++) {
        if (c->fd < 0) {
            memset(c, 0, sizeof(*c));
            c->fd = fd;
            atomic_fetch_add(&room->f->connections, 1);
            atomic_fetch_add(&room->f->open, 1);
            return;
        }
    }
    close(fd);
}

/* One turn of the server; false: it is to stop. */
static bool room_turn(struct room *room)
{
    struct pollfd p[CLIENTS_MAX + 2] = { { .fd = room->f->stop[0], .events = POLLIN },
                                         { .fd = room->f->listener, .events = POLLIN } };
    bool trickling = false;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        p[i + 2] = (struct pollfd){ .fd = room->client[i].fd, .events = POLLIN };
        trickling = trickling || (room->client[i].fd >= 0 && room->client[i].trickle);
    }
    poll(p, CLIENTS_MAX + 2, trickling ? TRICKLE_MS : -1);
    if (p[0].revents)
        return false;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (p[i + 2].fd >= 0 && p[i + 2].revents)
            client_read(room, &room->client[i]);
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *c = &room->client[i];
        client_serve(room, c);
        if (c->fd >= 0 && c->trickle)
            client_trickle(c);
    }
    if (p[1].revents)
        room_accept(room);
    return true;
}

static void *room_run(void *fake)
{
    struct room *room = calloc(1, sizeof(*room));
    if (!room)
        abort();
    room->f = fake;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        room->client[i].fd = -1;
    while (room_turn(room))
        continue;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (room->client[i].fd >= 0)
            close(room->client[i].fd);
    free(room);
    return NULL;
}

static void fake_begin(struct fake_redis *f, const struct fake_step *step, size_t steps)
{
    memset(f, 0, sizeof(*f));
    f->step = step;
    f->steps = steps;
    f->guard_pid = temporary_folder(f->folder, &f->guard);
    snprintf(f->path, sizeof(f->path), "%s/fake.sock", f->folder);
}

static void fake_run(struct fake_redis *f, int family, const void *at, socklen_t length)
{
    f->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(f->listener, 0);
    ck_assert_int_eq(bind(f->listener, at, length), 0);
    ck_assert_int_eq(listen(f->listener, CLIENTS_MAX), 0);
    ck_assert_int_eq(pipe2(f->stop, O_CLOEXEC), 0);
    if (family == AF_INET) {
        struct sockaddr_in in = { .sin_port = 0 };
        length = sizeof(in);
        ck_assert_int_eq(getsockname(f->listener, (struct sockaddr *)&in, &length), 0);
        f->port = ntohs(in.sin_port);
    }
    ck_assert_int_eq(pthread_create(&f->thread, NULL, room_run, f), 0);
}

void fake_redis_start(struct fake_redis *f, const struct fake_step *step, size_t steps)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    fake_begin(f, step, steps);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", f->path);
    fake_run(f, AF_UNIX, &at, sizeof(at));
}

void fake_redis_listen(struct fake_redis *f, const struct fake_step *step, size_t steps)
{
    const struct sockaddr_in at = { .sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    fake_begin(f, step, steps);
    fake_run(f, AF_INET, &at, sizeof(at));
}

void fake_redis_stop(struct fake_redis *f)
{
    close(f->stop[1]);
    pthread_join(f->thread, NULL);
    close(f->stop[0]);
    close(f->listener);
    close(f->guard);
    waitpid(f->guard_pid, NULL, 0);
}

int listen_on_loopback(int backlog, unsigned *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(listen(fd, backlog), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    *port = ntohs(at.sin_port);
    return fd;
}
