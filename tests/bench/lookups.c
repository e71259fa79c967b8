/*
 * Asks a socketmap server for the next hops of known users, over many connections, each of which
 * asks as soon as it is answered, as Postfix does. Prints one JSON object.
 */

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "core/netstring.h"
#include "tests/bench/histogram.h"

#define SECOND_NS 1000000000
#define EVENTS_AT_ONCE 64
#define CONNECTIONS_MAX 4096
#define TEXT_MAX 4096
#define KEY_MAX 256

struct connection {
    int fd;
    uint64_t asked_ns;
    size_t n;
    char in[TEXT_MAX];
};

static struct lookups {
    const char *path, *user, *domain, *answer;
    unsigned connections, users;
    double seconds, warmup;
    uint64_t count; /* 0: as the time allows */
    int epoll;
    struct connection *connection;
    uint64_t asked, answered, wrong, began_ns, first_ns, last_ns;
    char why[KEY_MAX];
    struct histogram time;
} job = {
    .user = "away", .domain = "bench.example", .connections = 64, .users = 1000, .seconds = 1
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static bool ask(struct connection *c)
{
    char request[KEY_MAX], out[KEY_MAX + NETSTRING_FRAME_MAX];
    unsigned user = (unsigned)(job.asked++ % job.users);
    int n = snprintf(request, sizeof(request), "transport %s%08u@%s", job.user, user, job.domain);
    size_t octets = netstring_write((struct span){ request, (size_t)n }, out, sizeof(out));
    c->asked_ns = now_ns();
    return send(c->fd, out, octets, MSG_NOSIGNAL) == (ssize_t)octets;
}

static void judge(const struct connection *c, struct span reply, uint64_t now)
{
    job.answered++;
    if (!span_eq(reply, (struct span){ job.answer, strlen(job.answer) })) {
        if (job.wrong++ == 0)
            snprintf(job.why, sizeof(job.why), "%.*s", (int)(reply.n < 100 ? reply.n : 100),
                     reply.p);
        return;
    }
    if (now - job.began_ns < job.warmup * SECOND_NS)
        return;
    if (job.time.n == 0)
        job.first_ns = now;
    job.last_ns = now;
    histogram_add(&job.time, now - c->asked_ns);
}

static bool is_over(uint64_t now)
{
    return job.count > 0 ? job.asked >= job.count
                         : now - job.began_ns >= (job.warmup + job.seconds) * SECOND_NS;
}

/* False: the server has gone, or speaks another protocol. */
static bool on_reply(struct connection *c)
{
    struct span reply;
    size_t taken;
    ssize_t n = recv(c->fd, c->in + c->n, sizeof(c->in) - c->n, 0);
    if (n <= 0)
        return false;
    c->n += (size_t)n;
    enum netstring read = netstring_read((struct span){ c->in, c->n }, TEXT_MAX, &reply, &taken);
    if (read != NETSTRING_WHOLE)
        return read == NETSTRING_PART;
    const uint64_t now = now_ns();
    judge(c, reply, now);
    c->n = 0;
    return is_over(now) || ask(c);
}

static bool open_all(void)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    job.connection = calloc(job.connections, sizeof(*job.connection));
    job.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!job.connection || job.epoll < 0 || strlen(job.path) >= sizeof(sun.sun_path))
        return false;
    memcpy(sun.sun_path, job.path, strlen(job.path));
    for (unsigned i = 0; i < job.connections; i++) {
        struct connection *c = &job.connection[i];
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
        c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0 ||
            epoll_ctl(job.epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
            return false;
    }
    return true;
}

static bool run(void)
{
    struct epoll_event event[EVENTS_AT_ONCE];
    job.began_ns = now_ns();
    for (unsigned i = 0; job.connection && i < job.connections; i++)
        if ((job.count == 0 || job.asked < job.count) && !ask(&job.connection[i]))
            return false;
    while (job.answered < job.asked) {
        int n = epoll_wait(job.epoll, event, EVENTS_AT_ONCE, -1);
        for (int i = 0; i < n; i++)
            if (!on_reply(event[i].data.ptr))
                return false;
    }
    return true;
}

static void print(void)
{
    double seconds = (double)(job.last_ns - job.first_ns) / SECOND_NS;
    printf("{\"lookups\": %" PRIu64 ", \"asked\": %" PRIu64 ", \"wrong\": %" PRIu64 ", \"why\": \"",
           job.time.n, job.asked, job.wrong);
    for (const char *c = job.why; *c; c++)
        putchar(*c == '"' || *c == '\\' ? '\'' : *c);
    printf("\", \"rate\": %.1f, \"time\": ",
           seconds > 0 ? (double)(job.time.n - 1) / seconds : 0.0);
    histogram_print(&job.time, stdout);
    puts("}");
}

static error_t take(int key, char *argument, struct argp_state *state)
{
    switch (key) {
    case 'c':
        job.connections = (unsigned)strtoul(argument, NULL, 10);
        break;
    case 'u':
        job.users = (unsigned)strtoul(argument, NULL, 10);
        break;
    case 's':
        job.seconds = strtod(argument, NULL);
        break;
    case 'w':
        job.warmup = strtod(argument, NULL);
        break;
    case 'n':
        job.count = strtoull(argument, NULL, 10);
        break;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1)
            return ARGP_ERR_UNKNOWN;
        *(state->arg_num == 0 ? &job.path : &job.answer) = argument;
        break;
    case ARGP_KEY_END:
        if (!job.answer || job.users == 0 || job.connections == 0 ||
            job.connections > CONNECTIONS_MAX)
            argp_usage(state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct argp_option known[] = {
        { "connections", 'c', "N", 0, "So many at once (64)", 0 },
        { "users", 'u', "N", 0, "Ask for so many, in turns (1000)", 0 },
        { "seconds", 's', "S", 0, "Measure so long (1)", 0 },
        { "warmup", 'w', "S", 0, "Ask so long before (0)", 0 },
        { "count", 'n', "N", 0, "Ask so often in place of so long", 0 },
        { 0 },
    };
    static const struct argp parser = { .options = known,
                                        .parser = take,
                                        .args_doc = "PATH ANSWER",
                                        .doc = "Every answer but ANSWER is wrong." };
    argp_parse(&parser, argc, argv, 0, NULL, NULL);
    if (!open_all() || !run()) {
        fprintf(stderr, "lookups: %s: %s\n", job.path, strerror(errno));
        return EX_UNAVAILABLE;
    }
    print();
    return job.wrong > 0 ? EX_SOFTWARE : EX_OK;
}
