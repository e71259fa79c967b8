#ifndef COEXIST_STATE_FAILING_STORE_H
#define COEXIST_STATE_FAILING_STORE_H

#include "state/store.h"

/* A store whose every answer is the given one (STORE_UNAVAILABLE, STORE_BAD or STORE_ABSENT), with
 * that reason: for tests of what stands above. NULL without memory. */
struct store *failing_store_new(enum store_answer answer, const char *why);

#endif
