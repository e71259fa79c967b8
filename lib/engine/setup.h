#ifndef COEXIST_ENGINE_SETUP_H
#define COEXIST_ENGINE_SETUP_H

#include "engine/engine.h"

/* From a configuration file to an engine. */

/* The checks that the layers below the configuration's own know. */
const struct config_checks *setup_checks(void);

enum setup_purpose {
    SETUP_START,  /* a key file that is not there is made; as root, it is given to `user` */
    SETUP_RELOAD, /* a key file that is not there is an error: traces under way need the old keys */
    SETUP_TEST    /* nothing is written and no state is made; a throw-away key stands in for a file
                     that is not there */
};

/* The keys alone, which the caller wipes and frees. NULL with one line in error. */
struct keyring *setup_keys(const struct config *config, enum setup_purpose purpose,
                           char error[ENGINE_ERROR_MAX]);

/*
 * Loads and checks the configuration, reads the keys, and makes the backend, which connects nothing
 * until backend_start(); or goes on with that of `before`, the engine in use, where the state is
 * the same. What that one has counted is counted on. before: NULL at the start. NULL with one line
 * in error that names the file, and the line where there is one.
 */
struct engine *setup_load(const char *file, enum setup_purpose purpose, const struct engine *before,
                          char error[ENGINE_ERROR_MAX]);

#endif
