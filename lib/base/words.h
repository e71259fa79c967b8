#ifndef COEXIST_BASE_WORDS_H
#define COEXIST_BASE_WORDS_H

#include "base/span.h"

/*
 * The words of the project, shared by all layers, each with the text by which it is known in the
 * configuration, in Redis, in headers and in the log. A NAME_name() never returns NULL; a
 * NAME_parse() takes the exact lower-case text and returns false for anything else, leaving *out
 * as it was.
 */

enum system { SYSTEM_PRIMARY, SYSTEM_SECONDARY };
#define SYSTEM_COUNT 2

const char *system_name(enum system s);
bool system_parse(struct span text, enum system *out);
enum system system_other(enum system s);
char system_letter(enum system s); /* 'P' or 'S', as in a path */

/* Where a mailbox is. HOME_UNSET: no record says so; it has no text in the configuration or Redis.
 */
enum home { HOME_UNSET, HOME_PRIMARY, HOME_SECONDARY, HOME_BOTH, HOME_MOVING };

const char *home_name(enum home h);
bool home_parse(struct span text, enum home *out);
enum home home_of(enum system s);

/* Where the present connection comes from, seen from this node. */
enum origin { ORIGIN_LOCAL, ORIGIN_PEER, ORIGIN_EXTERNAL };

const char *origin_name(enum origin o);
bool origin_parse(struct span text, enum origin *out);

enum mode { MODE_UNSET, MODE_ENFORCE, MODE_OBSERVE };

const char *mode_name(enum mode m);
bool mode_parse(struct span text, enum mode *out);

/* What is done with a recipient that its own system says lives at the system it came from. */
enum on_conflict { ON_CONFLICT_DEFER, ON_CONFLICT_REJECT, ON_CONFLICT_DELIVER };

const char *on_conflict_name(enum on_conflict c);
bool on_conflict_parse(struct span text, enum on_conflict *out);

/* What is done with a recipient that loops. */
enum on_loop { ON_LOOP_REJECT, ON_LOOP_DEFER, ON_LOOP_HOLD, ON_LOOP_DIVERT };

const char *on_loop_name(enum on_loop l);
bool on_loop_parse(struct span text, enum on_loop *out);

#endif
