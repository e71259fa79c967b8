#ifndef COEXIST_BENCH_SETTINGS_H
#define COEXIST_BENCH_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/script.h"

/* What load is asked for. */

struct settings {
    const char *socket;
    const char *header; /* inserted once into each message */
    const char *kind;   /* four letters: of a known recipient */
    struct shape shape;
    unsigned connections;
    double seconds, warmup;
    double rate;       /* messages a second; 0: each connection as fast as it goes */
    uint64_t messages; /* 0: as the time allows */
    double unknown;    /* share of recipients that were never seen before */
    unsigned slow_every;
    unsigned users;
    bool diverted;   /* each recipient is replaced */
    bool sequential; /* known recipients one after the other, not by chance */
};

/* Reads the command line; ends the process for --help and a usage error. */
void settings_read(int argc, char **argv, struct settings *out);

#endif
