#ifndef COEXIST_CTL_STREAM_H
#define COEXIST_CTL_STREAM_H

#include "ctl/event.h"
#include "ctl/session.h"

/*
 * The stream of events (`PREFIX events`), read page by page, so that no reply grows beyond what a
 * connection bears. An entry that alone is too large for one is passed over and counted.
 */

#define STREAM_PAGE 200 /* entries in one reply, at first */

struct stream {
    struct link *link; /* borrowed */
    char *key;
    size_t page;
    size_t passed; /* entries that were too large */
};

#define STREAM_BEGIN ((struct event_id){ 0, 0 })
#define STREAM_END ((struct event_id){ UINT64_MAX, UINT64_MAX })

/* False without memory. */
bool stream_init(struct stream *s, struct link *link, const char *prefix);

/* The session's, connected. Else the status after telling why not. */
enum status stream_open(struct session *session, struct stream *s);
void stream_free(struct stream *s);

/* Takes an event, borrowed for the call. False ends the walk. */
typedef bool (*stream_visit)(void *arg, const struct event *e);

/*
 * All entries behind *after, oldest first; *after is then the last that was handed on or passed
 * over. STATUS_YES at the end, also where visit has ended it; STATUS_UNAVAILABLE with link_why().
 */
enum status stream_forward(struct stream *s, struct event_id *after, stream_visit visit, void *arg);

/* All entries from the newest back to this one, it included. */
enum status stream_backward(struct stream *s, struct event_id least, stream_visit visit, void *arg);

/* The newest entry's name; STREAM_BEGIN where there is none. STATUS_YES or STATUS_UNAVAILABLE. */
enum status stream_newest(struct stream *s, struct event_id *out);

/* Tells how many entries were passed over, where there were any. */
void stream_tell_passed(const struct session *session, const struct stream *s);

#endif
