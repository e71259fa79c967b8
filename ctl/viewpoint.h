#ifndef COEXIST_CTL_VIEWPOINT_H
#define COEXIST_CTL_VIEWPOINT_H

#include "ctl/session.h"
#include "engine/engine.h"

/*
 * Who looks at a message: the node that the configuration describes, or somebody who knows nothing
 * of the two systems.
 */
struct viewpoint {
    struct engine *engine; /* never NULL once opened; without a site where nothing is known */
    bool configured;
    bool has_keys;               /* traces can be verified */
    char note[ENGINE_ERROR_MAX]; /* why something is not known that could have been; "": nothing */
};

/*
 * Reads the configuration and the keys. It is no error that there is no configuration unless it was
 * named on the command line, nor that this user may not read it or the keys. False after telling
 * what is wrong: STATUS_USAGE then.
 */
bool viewpoint_open(struct viewpoint *v, const struct session *s);

/* Somebody who knows nothing. False without memory. */
bool viewpoint_blank(struct viewpoint *v);

void viewpoint_close(struct viewpoint *v);

#endif
