#ifndef COEXIST_ENGINE_READINESS_H
#define COEXIST_ENGINE_READINESS_H

#include "engine/engine.h"

#define READINESS_TEXT_MAX 512

/*
 * Whether the state is known as it is now: Redis tells its changes, or, where nothing is kept in
 * memory, answers a look-up, which is made to see. False with a line in why, without newline, of
 * printable ASCII; mail flows all the same, as far as what is remembered goes.
 */
bool readiness_check(const struct engine *e, char why[READINESS_TEXT_MAX]);

#endif
