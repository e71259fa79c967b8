#include "tests/bench/settings.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 1024

enum key {
    KEY_HEADER = 256,
    KEY_KIND,
    KEY_CLIENT,
    KEY_HOST,
    KEY_DOMAIN,
    KEY_UNKNOWN,
    KEY_SLOW,
    KEY_USERS,
    KEY_DIVERTED,
    KEY_WARMUP,
    KEY_RATE,
    KEY_SEQUENTIAL
};

static const struct argp_option known[] = {
    { "connections", 'c', "N", 0, "Connections at once (1)", 0 },
    { "seconds", 's', "N", 0, "Measure for so long (1)", 0 },
    { "warmup", KEY_WARMUP, "N", 0, "Seconds before that (0)", 0 },
    { "messages", 'n', "N", 0, "Send no more than these", 0 },
    { "rate", KEY_RATE, "N", 0, "Messages a second; times count from when each is due", 0 },
    { "recipients", 'r', "N", 0, "Of each message (1)", 0 },
    { "headers", 'h', "N", 0, "Of each message, at least 15 (15)", 0 },
    { "header", KEY_HEADER, "NAME", 0, "That is inserted (X-Coexist-Trace)", 0 },
    { "client", KEY_CLIENT, "IP", 0, "Address of the SMTP client (203.0.113.25)", 0 },
    { "host", KEY_HOST, "NAME", 0, "Its name (mx.external.example)", 0 },
    { "domain", KEY_DOMAIN, "NAME", 0, "Of the recipients (bench.example)", 0 },
    { "kind", KEY_KIND, "WORD", 0, "First four letters of known recipients (user)", 0 },
    { "users", KEY_USERS, "N", 0, "Known recipients, numbered from 0 (1000)", 0 },
    { "unknown", KEY_UNKNOWN, "SHARE", 0, "Of recipients seen never before, goneXXXXXXXX", 0 },
    { "slow-every", KEY_SLOW, "N", 0, "One message of so many is for slowXXXXXXXX", 0 },
    { "sequential", KEY_SEQUENTIAL, NULL, 0, "Known recipients one after the other", 0 },
    { "diverted", KEY_DIVERTED, NULL, 0, "Each recipient is to be replaced", 0 },
    { 0 },
};

static bool take_count(struct settings *s, int key, const char *argument)
{
    unsigned number = (unsigned)strtoul(argument, NULL, 10);
    switch (key) {
    case 'c':
        s->connections = number;
        return true;
    case 'r':
        s->shape.recipients = number;
        return true;
    case 'h':
        s->shape.headers = number;
        return true;
    case KEY_USERS:
        s->users = number;
        return true;
    case KEY_SLOW:
        s->slow_every = number;
        return true;
    case 'n':
        s->messages = strtoull(argument, NULL, 10);
        return true;
    default:
        return false;
    }
}

static bool take_fraction(struct settings *s, int key, const char *argument)
{
    double number = strtod(argument, NULL);
    switch (key) {
    case 's':
        s->seconds = number;
        return true;
    case KEY_WARMUP:
        s->warmup = number;
        return true;
    case KEY_RATE:
        s->rate = number;
        return true;
    case KEY_UNKNOWN:
        s->unknown = number;
        return true;
    default:
        return false;
    }
}

static bool take_text(struct settings *s, int key, const char *argument)
{
    switch (key) {
    case KEY_HEADER:
        s->header = argument;
        return true;
    case KEY_KIND:
        s->kind = argument;
        return true;
    case KEY_CLIENT:
        s->shape.client = argument;
        return true;
    case KEY_HOST:
        s->shape.host = argument;
        return true;
    case KEY_DOMAIN:
        s->shape.domain = argument;
        return true;
    case ARGP_KEY_ARG:
        s->socket = s->socket ? s->socket : argument;
        return true;
    default:
        return false;
    }
}

static bool take_flag(struct settings *s, int key)
{
    switch (key) {
    case KEY_DIVERTED:
        s->diverted = true;
        return true;
    case KEY_SEQUENTIAL:
        s->sequential = true;
        return true;
    default:
        return false;
    }
}

static void check_settings(struct argp_state *state)
{
    const struct settings *s = state->input;
    if (!s->socket)
        argp_error(state, "which SOCKET?");
    if (s->connections < 1 || s->connections > CONNECTIONS_MAX)
        argp_error(state, "--connections is 1 to %d", CONNECTIONS_MAX);
    if (s->shape.recipients < 1 || s->shape.recipients > SCRIPT_RCPTS_MAX)
        argp_error(state, "--recipients is 1 to %d", SCRIPT_RCPTS_MAX);
    if (s->shape.headers < 15 || s->shape.headers > SCRIPT_HEADERS_MAX)
        argp_error(state, "--headers is 15 to %d", SCRIPT_HEADERS_MAX);
    if (s->users < 1 || strlen(s->kind) != 4)
        argp_error(state, "--users is at least 1, --kind has four letters");
}

static error_t take_option(int key, char *argument, struct argp_state *state)
{
    struct settings *s = state->input;
    if (key == ARGP_KEY_END)
        check_settings(state);
    bool taken = argument ? take_count(s, key, argument) || take_fraction(s, key, argument) ||
                                take_text(s, key, argument)
                          : take_flag(s, key);
    return taken ? 0 : ARGP_ERR_UNKNOWN;
}

void settings_read(int argc, char **argv, struct settings *out)
{
    static const struct argp parser = { .options = known,
                                        .parser = take_option,
                                        .args_doc = "SOCKET" };
    *out = (struct settings){
        .header = "X-Coexist-Trace",
        .kind = "user",
        .shape = { "203.0.113.25", "mx.external.example", "bench.example", 1, 15 },
        .connections = 1,
        .seconds = 1,
        .users = 1000,
    };
    argp_parse(&parser, argc, argv, 0, NULL, out);
}
