#ifndef COEXIST_CTL_EVENT_PRINT_H
#define COEXIST_CTL_EVENT_PRINT_H

#include "ctl/event.h"
#include "ctl/out.h"

/*
 * An event as one line: time, node, then `ACTION REASON RCPT` of a decision (`EVENT RCPT`, or what
 * else was changed, of another) and what else it says as `name=value`. A value with a blank in it,
 * or none, is in double quotes.
 */
void event_print(struct out *o, const struct event *e);

/* A value as it stands in such a line. */
void event_print_value(struct out *o, struct span value);

/* How well a decision bodes for the mail. */
enum ink event_ink(const struct event *e);

#endif
