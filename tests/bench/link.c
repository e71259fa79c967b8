#include "tests/bench/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmilter/mfdef.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define UNIX_BUFFER 4096
#define HOST_MAX 256
#define PACKET_HEAD 5

/* Postfix's lists, for stages that a filter asks nothing for. */
static const char *const usual_macros[LINK_STAGES] = {
    "j {daemon_name} {daemon_addr} v _",
    "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
    "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
    "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
    "i",
    "i",
    "i",
};

static int connect_unix(const char *path)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(sun.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(sun.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int connect_tcp(const char *at)
{
    char port[16], host[HOST_MAX];
    if (sscanf(at, "%15[0-9]@%255s", port, host) != 2)
        return -1;
    struct addrinfo want = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM }, *found;
    if (getaddrinfo(host, port, &want, &found) != 0)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static size_t tcp_buffer(int fd)
{
    int mss = 0;
    socklen_t n = sizeof(mss);
    if (getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, &n) != 0 || mss <= UNIX_BUFFER / 4)
        return UNIX_BUFFER;
    return (size_t)mss * 4;
}

/* The lists that the filter asks for: a stage number and names, up to a NUL, each. */
static bool read_lists(struct agreement *a, const unsigned char *p, size_t n)
{
    while (n > 0) {
        uint32_t stage;
        if (n < sizeof(stage) + 1)
            return false;
        memcpy(&stage, p, sizeof(stage));
        stage = ntohl(stage);
        size_t length = strnlen((const char *)p + 4, n - 4);
        if (stage >= LINK_STAGES || length == n - 4 || length >= LINK_MACROS_MAX)
            return false;
        memcpy(a->macros[stage], p + 4, length + 1);
        p += 4 + length + 1;
        n -= 4 + length + 1;
    }
    return true;
}

static bool negotiate(struct link *l)
{
    struct {
        uint32_t length;
        char command;
        uint32_t offer[3];
    } __attribute__((packed))
    say = { htonl(13), SMFIC_OPTNEG, { htonl(6), htonl(SMFI_CURR_ACTS), htonl(SMFI_CURR_PROT) } };
    struct packet p;
    for (size_t i = 0; i < LINK_STAGES; i++)
        snprintf(l->agreed.macros[i], LINK_MACROS_MAX, "%s", usual_macros[i]);
    if (!link_write(l, &say, sizeof(say)) || !link_next(l, &p))
        return false;
    uint32_t got[3];
    if (p.command != SMFIC_OPTNEG || p.n < sizeof(got))
        return false;
    memcpy(got, p.data, sizeof(got));
    l->agreed.version = ntohl(got[0]);
    l->agreed.actions = ntohl(got[1]);
    l->agreed.steps = ntohl(got[2]);
    return read_lists(&l->agreed, p.data + sizeof(got), p.n - sizeof(got));
}

bool link_open(struct link *l, const char *socket)
{
    const char *at = strchr(socket, ':');
    bool local = strncmp(socket, "unix:", 5) == 0;
    *l = (struct link){ .fd = -1 };
    if (at)
        l->fd = local ? connect_unix(at + 1) : connect_tcp(at + 1);
    if (l->fd < 0) {
        fprintf(stderr, "%s: cannot connect: %s\n", socket, strerror(errno));
        return false;
    }
    l->buffer = local ? UNIX_BUFFER : tcp_buffer(l->fd);
    if (negotiate(l))
        return true;
    fprintf(stderr, "%s: the filter does not negotiate\n", socket);
    link_close(l);
    return false;
}

void link_close(struct link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

bool link_write(struct link *l, const void *data, size_t n)
{
    const char *p = data;
    while (n > 0) {
        ssize_t done = send(l->fd, p, n < l->buffer ? n : l->buffer, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

int link_take(struct link *l, struct packet *out)
{
    uint32_t length;
    size_t have = l->to - l->from;
    if (have < PACKET_HEAD)
        return 0;
    memcpy(&length, l->input + l->from, sizeof(length));
    length = ntohl(length);
    if (length == 0 || length > LINK_INPUT_MAX - sizeof(length))
        return -1;
    if (have < sizeof(length) + length)
        return 0;
    out->command = (char)l->input[l->from + sizeof(length)];
    out->data = l->input + l->from + PACKET_HEAD;
    out->n = length - 1;
    l->from += sizeof(length) + length;
    return 1;
}

int link_read(struct link *l)
{
    if (l->from > 0) {
        memmove(l->input, l->input + l->from, l->to - l->from);
        l->to -= l->from;
        l->from = 0;
    }
    for (;;) {
        ssize_t n = read(l->fd, l->input + l->to, LINK_INPUT_MAX - l->to);
        if (n > 0) {
            l->to += (size_t)n;
            return 1;
        }
        if (n < 0 && errno == EINTR)
            continue;
        return n < 0 && errno == EAGAIN ? 0 : -1;
    }
}

bool link_next(struct link *l, struct packet *out)
{
    for (;;) {
        int taken = link_take(l, out);
        if (taken != 0)
            return taken > 0;
        if (link_read(l) <= 0)
            return false;
    }
}
