#ifndef COEXIST_CTL_CHANGE_EVENT_H
#define COEXIST_CTL_CHANGE_EVENT_H

#include "ctl/change_run.h"

/*
 * What the tool itself does to records, in the stream of events beside the decisions of the nodes:
 * event=WORD t=MS node=NAME by=WHO, and for one record `rcpt` (`group`, `domain`), `home` and `was`
 * where its home changes, `change` with each field (`home=secondary note=`); for many `count`.
 */

/* Adds one XADD to the exchange under way; nothing where there is no stream of events. False
 * without memory. */
bool change_event_add(const struct change_run *run, const struct change *c);

/* Tells how many records were written, at once. False with link_why(). */
bool change_event_sum(const struct change_run *run);

#endif
