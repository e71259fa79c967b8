#ifndef COEXIST_MILTER_CURRENT_H
#define COEXIST_MILTER_CURRENT_H

#include "engine/engine.h"

/*
 * The engine that new messages begin with, and how many messages are under way. A reload sets
 * another engine; those under way keep theirs.
 */

/* Takes over the caller's reference; the one set before is released. NULL releases alone. */
void current_set(struct engine *e);

/* A new reference to the present engine; NULL where there is none. */
struct engine *current_engine(void);

/* A new reference to the present engine, and one message more under way; NULL while closing, with
 * nothing counted. Each is answered by one current_leave(). */
struct engine *current_enter(void);

/* One message less under way. */
void current_leave(void);

/* From now on no message may begin. Waits until none is under way, at most the given seconds and
 * not for long once hurry() says yes; false when some still were. */
bool current_close(unsigned seconds, bool (*hurry)(void));

bool current_is_closing(void);

#endif
