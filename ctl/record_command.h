#ifndef COEXIST_CTL_RECORD_COMMAND_H
#define COEXIST_CTL_RECORD_COMMAND_H

#include "ctl/session.h"
#include "state/record.h"

/* `user`, `group` and `domain`: show, set, unset and list records of one kind. */
enum status record_command(struct session *s, enum record_kind kind, int argc, char **argv);

#endif
