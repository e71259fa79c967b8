#ifndef COEXIST_CTL_FOLLOW_H
#define COEXIST_CTL_FOLLOW_H

#include "ctl/session.h"
#include "ctl/stream.h"

/*
 * The stream of events as it grows: each entry behind `after`, then each that is written, until
 * visit says that it is enough, a signal comes, or nobody reads the output any more.
 *
 * A server that goes away, or is no longer the master, is told on standard error; it is looked for
 * again each FOLLOW_PAUSE_MS, and the story goes on from the last entry. Where the stream there is
 * shorter (another server, or one that has lost its data), it goes on from the end that it finds.
 */

#define FOLLOW_PAUSE_MS 500
#define FOLLOW_BLOCK_MS 5000 /* the server says that there is nothing new */

/* STATUS_YES, or STATUS_NO after telling that signals cannot be watched. */
enum status follow_run(struct session *s, struct stream *stream, struct event_id after,
                       stream_visit visit, void *arg);

#endif
