#ifndef COEXIST_MILTER_OPTIONS_H
#define COEXIST_MILTER_OPTIONS_H

#include <stdbool.h>

struct options {
    const char *config_file;
    bool foreground;
    bool test_only;
    bool verbose;
};

/* Reads the command line; ends the process for --help, --version and a usage error (EX_USAGE). */
void options_read(int argc, char **argv, struct options *out);

#endif
