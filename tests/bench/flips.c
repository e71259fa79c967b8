/*
 * How soon a change of state rules the next recipient: sets `home` of one user after the other in
 * Redis, and from the acknowledgement on asks the filter again and again, on a milter connection
 * of its own, until it answers by the new home: `secondary` is taken, `moving` is deferred. Prints
 * one JSON object.
 */

#include <argp.h>
#include <inttypes.h>
#include <libmilter/mfdef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/histogram.h"
#include "tests/bench/link.h"
#include "tests/bench/script.h"

#define SECOND_NS 1000000000
#define MS_NS 1000000
#define GIVE_UP_NS (5 * (uint64_t)SECOND_NS)
#define USERS 64
#define GIVEN_UP_MAX 3 /* flips that are never seen, after which no more is tried */
#define COMMAND_MAX 512

struct flips {
    const char *milter, *redis, *prefix;
    unsigned count;
    unsigned bound_ms;
    struct shape shape;
    struct link link;
    struct script script;
    int store;
    struct histogram time;
    unsigned given_up; /* the new answer did not come at all */
    unsigned late;     /* old answers to what was asked after the bound */
    unsigned reverted; /* old answers after the first new one */
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static bool connect_store(struct flips *f)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", f->redis);
    f->store = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return f->store >= 0 && connect(f->store, (const struct sockaddr *)&sun, sizeof(sun)) == 0;
}

/* Sets a user's home and waits for the acknowledgement, an integer. */
static bool set_home(const struct flips *f, const char *user, const char *home)
{
    char key[COMMAND_MAX], command[COMMAND_MAX * 2], reply[64] = "";
    size_t n = 0;
    snprintf(key, sizeof(key), "%suser:%s@%s", f->prefix, user, f->shape.domain);
    int length = snprintf(command, sizeof(command),
                          "*4\r\n$4\r\nHSET\r\n$%zu\r\n%s\r\n$4\r\nhome\r\n$%zu\r\n%s\r\n",
                          strlen(key), key, strlen(home), home);
    if (send(f->store, command, (size_t)length, MSG_NOSIGNAL) != length)
        return false;
    while (n < 2 || reply[n - 1] != '\n') {
        ssize_t got = n < sizeof(reply) ? read(f->store, reply + n, sizeof(reply) - n) : -1;
        if (got <= 0)
            return false;
        n += (size_t)got;
    }
    return reply[0] == ':';
}

/* What the filter answers to a recipient: its command, or 0 where the connection is lost. */
static char ask(struct flips *f, const char *user)
{
    struct packet p;
    script_fill(&f->script, f->script.data, "000000000000", user);
    for (size_t i = 0; i < f->script.segments; i++) {
        const struct segment *s = &f->script.segment[i];
        if (!link_write(&f->link, f->script.data + s->from, s->to - s->from))
            return 0;
        if (s->expects && !link_next(&f->link, &p))
            return 0;
        if (s->expects == SMFIC_RCPT)
            return p.command;
    }
    return 0;
}

static bool flip(struct flips *f, unsigned number)
{
    char user[SCRIPT_NAME_LEN + 1];
    bool moving = number / USERS % 2 == 0;
    char wanted = moving ? SMFIR_REPLYCODE : SMFIR_CONTINUE, got;
    snprintf(user, sizeof(user), "flip%08u", number % USERS);
    if (!set_home(f, user, moving ? "moving" : "secondary"))
        return false;
    uint64_t acknowledged = now_ns(), asked, answered;
    do {
        asked = now_ns();
        got = ask(f, user);
        answered = now_ns();
        if (got == 0)
            return false;
        f->late += got != wanted && asked - acknowledged > f->bound_ms * (uint64_t)MS_NS;
    } while (got != wanted && answered - acknowledged < GIVE_UP_NS);
    f->given_up += got != wanted;
    histogram_add(&f->time, answered - acknowledged);
    got = ask(f, user);
    f->reverted += got != wanted;
    return got != 0;
}

static bool prepare(struct flips *f)
{
    char user[SCRIPT_NAME_LEN + 1];
    struct script greeting = { 0 };
    struct packet p;
    bool good = connect_store(f) && link_open(&f->link, f->milter) &&
                script_greet(&greeting, &f->link.agreed, &f->shape) &&
                script_message(&f->script, &f->link.agreed, &f->shape);
    for (size_t i = 0; good && i < greeting.segments; i++) {
        const struct segment *s = &greeting.segment[i];
        good = link_write(&f->link, greeting.data + s->from, s->to - s->from) &&
               link_next(&f->link, &p);
    }
    good =
        good && link_write(&f->link, greeting.data + greeting.unsent, greeting.n - greeting.unsent);
    script_free(&greeting);
    for (unsigned i = 0; good && i < USERS; i++) {
        snprintf(user, sizeof(user), "flip%08u", i);
        good = set_home(f, user, "secondary") && ask(f, user) != 0;
    }
    return good;
}

static error_t take_option(int key, char *argument, struct argp_state *state)
{
    struct flips *f = state->input;
    switch (key) {
    case 'n':
        f->count = (unsigned)strtoul(argument, NULL, 10);
        return 0;
    case 'b':
        f->bound_ms = (unsigned)strtoul(argument, NULL, 10);
        return 0;
    case 'd':
        f->shape.domain = argument;
        return 0;
    case 'p':
        f->prefix = argument;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 1)
            argp_usage(state);
        *(state->arg_num == 0 ? &f->milter : &f->redis) = argument;
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
        { "count", 'n', "N", 0, "Flips (1000)", 0 },
        { "bound", 'b', "MS", 0, "No old answer may come after so long (100)", 0 },
        { "domain", 'd', "NAME", 0, "Of the users (bench.example)", 0 },
        { "prefix", 'p', "TEXT", 0, "Of the keys (coexist:)", 0 },
        { 0 },
    };
    static const struct argp parser = { .options = known,
                                        .parser = take_option,
                                        .args_doc = "MILTER-SOCKET REDIS-SOCKET-PATH" };
    static struct flips f = {
        .prefix = "coexist:",
        .count = 1000,
        .bound_ms = 100,
        .shape = { "203.0.113.26", "mx2.external.example", "bench.example", 1, 15 },
    };
    argp_parse(&parser, argc, argv, 0, NULL, &f);
    bool good = prepare(&f);
    for (unsigned i = 0; good && i < f.count && f.given_up < GIVEN_UP_MAX; i++)
        good = flip(&f, i);
    if (!good) {
        fprintf(stderr, "flips: the filter or Redis went away, or does not answer as it should\n");
        return EX_UNAVAILABLE;
    }
    printf("{\"flips\": %" PRIu64 ", \"given_up\": %u, \"late\": %u, \"reverted\": %u, \"time\": ",
           f.time.n, f.given_up, f.late, f.reverted);
    histogram_print(&f.time, stdout);
    printf("}\n");
    return EX_OK;
}
