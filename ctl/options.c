#include "ctl/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "ctl/command.h"

#define DOC_MAX 8192

enum { KEY_JSON = 0x100, KEY_COLOUR, KEY_STATE };

static const struct argp_option common_options[] = {
    { "config", 'c', "FILE", 0, "the configuration file (" SESSION_CONFIG_FILE ")", -2 },
    { "state", KEY_STATE, "URL", 0,
      "another Redis, or another user there, than the configuration's; also by the "
      "variable " SESSION_STATE_VARIABLE,
      -2 },
    { "json", KEY_JSON, NULL, 0, "print JSON", -2 },
    { "color", KEY_COLOUR, "WHEN", OPTION_ARG_OPTIONAL, "always, never, or auto: on a terminal",
      -2 },
    { "colour", 0, NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, 0 },
    { 0 },
};

static void set_colour(struct session *s, const char *when, const struct argp_state *state)
{
    if (!when || strcmp(when, "always") == 0)
        out_init(&s->out, s->out.to, COLOUR_ALWAYS);
    else if (strcmp(when, "never") == 0)
        out_init(&s->out, s->out.to, COLOUR_NEVER);
    else if (strcmp(when, "auto") == 0)
        out_init(&s->out, s->out.to, COLOUR_AUTO);
    else
        argp_error(state, "--color is always, never or auto, not '%s'", when);
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
    struct session *s = state->input;
    switch (key) {
    case 'c':
        s->config_file = arg;
        s->config_given = true;
        return 0;
    case KEY_STATE:
        s->state = arg;
        return 0;
    case KEY_JSON:
        s->json = true;
        return 0;
    case KEY_COLOUR:
        set_colour(s, arg, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp common_argp = { .options = common_options, .parser = parse_common };
static const struct argp_child common_child[] = { { &common_argp, 0, NULL, 0 }, { 0 } };

struct call {
    struct session *session;
    const struct options_own *own;
};

/* Hands each key to the command's own function, which knows nothing of the session. */
static error_t parse_own(int key, char *arg, struct argp_state *state)
{
    struct call *call = state->input;
    if (key == ARGP_KEY_INIT)
        state->child_inputs[0] = call->session;
    if (!call->own->parse)
        return ARGP_ERR_UNKNOWN;
    state->input = call->own->input;
    error_t told = call->own->parse(key, arg, state);
    state->input = call;
    return told;
}

static void print_version(FILE *to, struct argp_state *state)
{
    (void)state;
    fputs("coexistctl " COEXIST_VERSION "\n", to);
}

static void set_globals(void)
{
    argp_err_exit_status = STATUS_USAGE;
    argp_program_version_hook = print_version;
}

void options_parse(struct session *s, const struct options_own *own, int argc, char **argv)
{
    struct call call = { s, own };
    const struct argp argp = {
        .options = own->option,
        .parser = parse_own,
        .args_doc = own->args,
        .doc = own->doc,
        .children = common_child,
    };
    set_globals();
    argp_parse(&argp, argc, argv, 0, NULL, &call);
}

struct beginning {
    struct session *session;
    int command; /* its index in argv */
};

static error_t parse_begin(int key, char *arg, struct argp_state *state)
{
    struct beginning *b = state->input;
    (void)arg;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = b->session;
        return 0;
    case ARGP_KEY_ARG:
        /* What follows is the command's own. */
        b->command = state->next - 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void list_commands(struct buf *doc)
{
    buf_adds(doc, "See, flip, explain and prove where mail goes while one domain lives on two "
                  "platforms.\vCommands:\n");
    for (const struct command *c = commands; c->name; c++)
        buf_addf(doc, "  %-16s%s\n", c->name, c->summary);
    buf_adds(doc,
             "\n`coexistctl COMMAND --help` tells more. The exit status is 0 for yes, 1 for no, "
             "not found or at fault, 2 for wrong use, 3 when the state cannot be asked.");
}

int options_begin(struct session *s, int argc, char **argv)
{
    struct beginning b = { s, argc };
    struct buf doc;
    buf_init(&doc, DOC_MAX);
    list_commands(&doc);
    const struct argp argp = {
        .parser = parse_begin,
        .args_doc = "COMMAND [ARGUMENT...]",
        .doc = buf_text(&doc),
        .children = common_child,
    };
    set_globals();
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &b);
    buf_free(&doc);
    return b.command;
}
