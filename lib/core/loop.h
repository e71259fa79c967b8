#ifndef COEXIST_CORE_LOOP_H
#define COEXIST_CORE_LOOP_H

#include "core/path.h"
#include "core/trace.h"

/*
 * Whether one recipient of one message loops, from what the message carries and what the site
 * remembers of it. A verdict is for a (message, recipient), never for a message.
 */

/* Where the recipient would go now. */
enum loop_outcome { LOOP_TO_PEER, LOOP_KEPT, LOOP_BOTH };

enum loop_verdict {
    LOOP_NONE,
    LOOP_SUSPECT,  /* the path returns, below the limit: told, never acted on */
    LOOP_PINGPONG, /* a visit repeated with the same outcome */
    LOOP_HOPS      /* too many Received fields */
};
const char *loop_verdict_name(enum loop_verdict v);

/* Kinds of evidence, as bits. */
enum { LOOP_BY_TRACE = 1, LOOP_BY_RECEIVED = 2, LOOP_BY_HOPS = 4, LOOP_BY_LEDGER = 8 };

#define LOOP_EVIDENCES 4

/* The name of the kind whose bit is 1 << i. */
const char *loop_evidence_name(unsigned i);

struct loop_input {
    enum system node;
    enum origin origin;
    enum loop_outcome outcome;
    bool conflict;             /* it lives at the peer that hands it over, and does not go on */
    unsigned remembered;       /* by the ledger, how often it was sent to the peer before */
    bool observe;              /* traces of mode observe count too */
    struct span recipient;     /* key as it came */
    struct span mailbox;       /* alias target, or absent */
    const struct trace *trace; /* verified traces of this journey, newest first */
    size_t traces;
    const struct trace *older; /* verified traces of earlier journeys, newest first */
    size_t olders;
    const struct keyring *keys;
    const struct path *path;
    const struct received *hop;
    size_t hops;       /* in hop[] */
    size_t hops_total; /* Received fields in the message, those not kept in hop[] included */
    unsigned max_crossings;
    unsigned max_hops;
};

struct loop {
    enum loop_verdict verdict;
    unsigned evidence;
    unsigned
        passes; /* arrivals of this recipient here that the evidence shows, this one included */
};

/*
 * LOOP_PINGPONG by trace: the recipient was sent to the peer before, and would be again; or the
 * peer's own filter has kept it there, it has come from there all the same, and would be sent back
 * (where the peer was to send a copy on, it is that); or it was
 * kept here twice before, has come back from elsewhere, and would be kept again (once may be a list
 * or a forward of the peer). Passes of one visit, from a local origin one after the other, count
 * once. By Received: this system was entered max_crossings times, and the traces, if any, do not
 * account for those visits; a visit whose own hop has a `for` that names another address does not
 * count. A path that returns joins the evidence of a trace below that limit too. By ledger: the
 * recipient was sent to the peer, once where the message comes from the peer now and twice where it
 * comes from outside, and would be again, or is a conflict; that it is to be kept, the authority or
 * a record mended since has said. What comes from here itself repeats nothing: a re-injection or a
 * new submission, that is, a local origin with no hop of the peer on top; only LOOP_HOPS applies
 * then. LOOP_HOPS: hops_total > max_hops.
 */
struct loop loop_judge(const struct loop_input *in);

/*
 * What a content filter hands back comes from here, and yet the peer has had it: the recipient was
 * kept here in the passes of this very visit, and the message came from the peer, or the peer was
 * sent its copy. To send it there now would be to send it back, or twice.
 */
bool loop_peer_has_had(const struct loop_input *in);

/* Writes the kinds of evidence joined by commas: `trace,received`; `none` for 0. */
void loop_evidence_write(unsigned evidence, struct buf *out);

#endif
