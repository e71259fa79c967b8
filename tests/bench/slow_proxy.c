/*
 * Stands between a filter and Redis, and keeps back the answers of a connection for a while after
 * a command on it that holds a word. Other connections are not kept waiting.
 */

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_MAX 65536
#define BACKLOG 128
#define SECOND_MS 1000
#define MS_NS 1000000

static struct {
    const char *here, *there, *word;
    unsigned delay_ms;
} settings = { .word = "user:slow", .delay_ms = 50 };

struct relay {
    int client, server;
    int64_t kept_until; /* 0: not kept */
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND_MS + t.tv_nsec / MS_NS;
}

static bool pass(int from, int to, const char *word, bool *seen)
{
    char data[BUFFER_MAX];
    ssize_t n = read(from, data, sizeof(data));
    if (n <= 0)
        return n < 0 && errno == EINTR;
    if (word && memmem(data, (size_t)n, word, strlen(word)))
        *seen = true;
    for (ssize_t sent = 0; sent < n;) {
        ssize_t done = send(to, data + sent, (size_t)(n - sent), MSG_NOSIGNAL);
        if (done <= 0)
            return false;
        sent += done;
    }
    return true;
}

static bool relay_once(struct relay *r)
{
    bool seen = false;
    int64_t now = now_ms();
    if (now >= r->kept_until)
        r->kept_until = 0;
    struct pollfd p[] = {
        { .fd = r->client, .events = POLLIN },
        { .fd = r->kept_until ? -1 : r->server, .events = POLLIN },
    };
    if (poll(p, 2, r->kept_until ? (int)(r->kept_until - now) : -1) < 0)
        return errno == EINTR;
    if (p[0].revents && !pass(r->client, r->server, settings.word, &seen))
        return false;
    if (seen)
        r->kept_until = now_ms() + settings.delay_ms;
    return seen || !p[1].revents || pass(r->server, r->client, NULL, &seen);
}

static void *relay_run(void *relay)
{
    struct relay *r = relay;
    while (relay_once(r))
        continue;
    close(r->client);
    close(r->server);
    free(r);
    return NULL;
}

static bool address_of(const char *path, struct sockaddr_un *sun)
{
    *sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!path || strlen(path) >= sizeof(sun->sun_path))
        return false;
    memcpy(sun->sun_path, path, strlen(path) + 1);
    return true;
}

static void accept_one(int listener)
{
    struct sockaddr_un there;
    pthread_t thread;
    struct relay *r = calloc(1, sizeof(*r));
    int client = accept(listener, NULL, NULL);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (r && client >= 0 && server >= 0 && address_of(settings.there, &there) &&
        connect(server, (const struct sockaddr *)&there, sizeof(there)) == 0) {
        *r = (struct relay){ client, server, 0 };
        if (pthread_create(&thread, NULL, relay_run, r) == 0) {
            pthread_detach(thread);
            return;
        }
    }
    free(r);
    if (client >= 0)
        close(client);
    if (server >= 0)
        close(server);
}

static error_t take_option(int key, char *argument, struct argp_state *state)
{
    switch (key) {
    case 'd':
        settings.delay_ms = (unsigned)strtoul(argument, NULL, 10);
        return 0;
    case 'w':
        settings.word = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1)
            argp_usage(state);
        *(state->arg_num == 0 ? &settings.here : &settings.there) = argument;
        return 0;
    case ARGP_KEY_END:
        if (state->arg_num < 2)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_option known[] = {
        { "delay", 'd', "MS", 0, "Keep the answers back for so long (50)", 0 },
        { "word", 'w', "TEXT", 0, "That the command holds (user:slow)", 0 },
        { 0 },
    };
    static const struct argp parser = { .options = known,
                                        .parser = take_option,
                                        .args_doc = "LISTEN-PATH REDIS-SOCKET-PATH" };
    struct sockaddr_un here;
    argp_parse(&parser, argc, argv, 0, NULL, NULL);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || !address_of(settings.here, &here) ||
        bind(listener, (const struct sockaddr *)&here, sizeof(here)) != 0 ||
        listen(listener, BACKLOG) != 0) {
        perror(settings.here);
        return EX_UNAVAILABLE;
    }
    for (;;)
        accept_one(listener);
}
