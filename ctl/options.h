#ifndef COEXIST_CTL_OPTIONS_H
#define COEXIST_CTL_OPTIONS_H

#include <argp.h>

#include "ctl/session.h"

/*
 * The command line, by argp. Options that all commands have (`-c FILE`, `--json`, `--color=WHEN`)
 * may stand before the command and behind it.
 */

/* What one command has of its own. */
struct options_own {
    const char *args; /* `USER... TO`; several forms with newlines between */
    const char *doc;  /* what it does; behind a \v, what follows the list of options */
    const struct argp_option *option;                               /* ended by { 0 }; NULL: none */
    error_t (*parse)(int key, char *arg, struct argp_state *state); /* NULL: no argument is taken */
    void *input;                                                    /* state->input of parse */
};

/* Reads the arguments of a command. Ends the process, with STATUS_USAGE after telling what is
 * wrong, or with STATUS_YES after --help, --usage or --version. */
void options_parse(struct session *s, const struct options_own *own, int argc, char **argv);

/* Reads what stands before the command; the index in argv at which that begins. Ends the process as
 * options_parse() does. */
int options_begin(struct session *s, int argc, char **argv);

#endif
