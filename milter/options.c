#include "milter/options.h"

#include <argp.h>
#include <sysexits.h>

#define CONFIG_FILE "/etc/coexist/coexist-milter.conf"

const char *argp_program_version = "coexist-milter " COEXIST_VERSION;

static const struct argp_option known[] = {
    { "config", 'c', "FILE", 0, "Read this configuration (" CONFIG_FILE ")", 0 },
    { "foreground", 'f', NULL, 0, "Stay in the foreground and log to standard error", 0 },
    { "test", 't', NULL, 0, "Check the configuration, say what is wrong with it, and end", 0 },
    { "verbose", 'v', NULL, 0, "Log details too", 0 },
    { 0 },
};

static error_t take(int key, char *argument, struct argp_state *state)
{
    struct options *out = state->input;
    switch (key) {
    case 'c':
        out->config_file = argument;
        return 0;
    case 'f':
        out->foreground = true;
        return 0;
    case 't':
        out->test_only = true;
        return 0;
    case 'v':
        out->verbose = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void options_read(int argc, char **argv, struct options *out)
{
    static const struct argp parser = {
        .options = known,
        .parser = take,
        .doc =
            "Keeps mail whole while one domain lives on two mail platforms: a milter for Postfix.",
    };
    *out = (struct options){ .config_file = CONFIG_FILE };
    argp_err_exit_status = EX_USAGE;
    argp_parse(&parser, argc, argv, 0, NULL, out);
}
