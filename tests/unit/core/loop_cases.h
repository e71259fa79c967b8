#ifndef COEXIST_TESTS_LOOP_CASES_H
#define COEXIST_TESTS_LOOP_CASES_H

#include "core/loop.h"

#define ME "foo@example.com"
#define MY_MAILBOX "mailbox@example.com"

/*
 * A message for ME at a node of the secondary system.
 *
 * traces: newest first, each `SYSTEM`, perhaps `!` (its key is none of ours), `~` (an old key), `@`
 *     (from a local origin) or `<` (from the peer), then `p:WHO` (sent to the peer), `h:WHO` (kept)
 *     and `w:WHO` (would have been sent), WHO being me, box (the alias's target) or she.
 * hops: newest first, each P or S (a host of that system), g (gateway), l (localhost), - (opaque)
 *     or x (elsewhere), and perhaps `=FOR`, the address in its `for`.
 */
struct judged {
    const char *what;
    enum origin origin;
    enum loop_outcome outcome;
    const char *traces;
    const char *hops;
    enum loop_verdict verdict;
    const char *evidence;
    unsigned passes;
};

#define EXT ORIGIN_EXTERNAL
#define PEER ORIGIN_PEER
#define LOCAL ORIGIN_LOCAL
#define GO LOOP_TO_PEER
#define KEEP LOOP_KEPT
#define BOTH LOOP_BOTH

/* clang-format off */
static const struct judged by_trace[] = {
    { "new", EXT, GO, "", "x", LOOP_NONE, "none", 1 },
    { "new, no hop at all", EXT, KEEP, "", "", LOOP_NONE, "none", 1 },
    { "sent, to be sent", EXT, GO, "S,p:me", "", LOOP_PINGPONG, "trace", 2 },
    { "sent, to be sent, from the peer", PEER, GO, "S,p:me", "", LOOP_PINGPONG, "trace", 2 },
    { "sent, to be sent, seen in the path", PEER, GO, "S,p:me", "P S x", LOOP_PINGPONG,
      "trace,received", 2 },
    { "sent twice", PEER, GO, "S,p:me S,p:me", "", LOOP_PINGPONG, "trace", 3 },
    { "sent long ago", PEER, GO, "S,h:me S,p:she P,h:me S,p:me", "", LOOP_PINGPONG, "trace", 2 },
    { "kept once", PEER, KEEP, "S,h:me", "", LOOP_NONE, "none", 1 },
    { "kept once, seen in the path", PEER, KEEP, "S,h:me", "P S x", LOOP_SUSPECT, "received", 2 },
    { "kept twice", PEER, KEEP, "S,h:me S,h:me", "", LOOP_PINGPONG, "trace", 3 },
    { "kept twice, from outside", EXT, KEEP, "S,h:me S,h:me", "", LOOP_PINGPONG, "trace", 3 },
    { "kept three times", PEER, KEEP, "S,h:me S,h:me S,h:me", "", LOOP_PINGPONG, "trace", 4 },
    { "kept twice, to be sent", EXT, GO, "S,h:me S,h:me", "", LOOP_NONE, "none", 1 },
    { "flipped while it was away", PEER, KEEP, "S,p:me", "", LOOP_NONE, "none", 1 },
    { "flipped, seen in the path", PEER, KEEP, "S,p:me", "P S x", LOOP_SUSPECT, "received", 2 },
    { "flipped the other way", EXT, GO, "S,h:me", "", LOOP_NONE, "none", 1 },
    { "dual again", EXT, BOTH, "S,p:me,h:me", "", LOOP_PINGPONG, "trace", 2 },
    { "dual, sent before", EXT, BOTH, "S,p:me", "", LOOP_PINGPONG, "trace", 2 },
    { "dual, kept before", EXT, BOTH, "S,h:me", "", LOOP_NONE, "none", 1 },
    { "dual, kept twice", EXT, BOTH, "S,h:me S,h:me", "", LOOP_PINGPONG, "trace", 3 },
    { "dual that comes back to stay", PEER, KEEP, "S,p:me,h:me", "", LOOP_NONE, "none", 1 },

    { "another recipient sent", PEER, GO, "S,p:she", "", LOOP_NONE, "none", 1 },
    { "another recipient kept", PEER, KEEP, "S,h:she S,h:she", "", LOOP_NONE, "none", 1 },
    { "one of two sent", PEER, GO, "S,p:she+me", "", LOOP_PINGPONG, "trace", 2 },
    { "sent by the other system", PEER, GO, "P,p:me", "", LOOP_NONE, "none", 1 },
    { "kept by the other system", PEER, KEEP, "P,h:me P,h:me", "", LOOP_NONE, "none", 1 },
    { "kept there by the peer's filter", EXT, GO, "P,h:me", "", LOOP_PINGPONG, "trace", 2 },
    { "kept there twice", EXT, GO, "P,h:me P,h:me", "", LOOP_PINGPONG, "trace", 3 },
    { "kept there, told by the network", PEER, GO, "P,h:me", "P x", LOOP_PINGPONG, "trace", 2 },
    { "kept there under the alias's target", EXT, GO, "P,h:box", "", LOOP_PINGPONG, "trace", 2 },
    { "kept there, and has lived here since", EXT, KEEP, "P,h:me", "", LOOP_NONE, "none", 1 },
    { "kept there, with a copy sent here", EXT, GO, "P,p:me,h:me", "", LOOP_NONE, "none", 1 },
    { "kept there, dual now", EXT, BOTH, "P,h:me", "", LOOP_NONE, "none", 1 },
    { "another recipient kept there", EXT, GO, "P,h:she", "", LOOP_NONE, "none", 1 },
    { "would have gone there", EXT, GO, "P,w:me", "", LOOP_NONE, "none", 1 },
    { "sent under the alias's target", PEER, GO, "S,p:box", "", LOOP_PINGPONG, "trace", 2 },
    { "kept under both names", PEER, KEEP, "S,h:box S,h:me", "", LOOP_PINGPONG, "trace", 3 },
    { "kept once, both names in it", PEER, KEEP, "S,h:me+box", "", LOOP_NONE, "none", 1 },
    { "an old key", PEER, GO, "S~,p:me", "", LOOP_PINGPONG, "trace", 2 },
    { "a key of nobody", PEER, GO, "S!,p:me", "", LOOP_NONE, "none", 1 },
    { "empty lists", PEER, GO, "S S S", "", LOOP_NONE, "none", 1 },
    { "would have been sent, by enforce", PEER, GO, "S,w:me", "", LOOP_NONE, "none", 1 },
};

static const struct judged by_received[] = {
    { "back once", PEER, GO, "", "P S x", LOOP_SUSPECT, "received", 2 },
    { "back once, kept", EXT, KEEP, "", "P S", LOOP_SUSPECT, "received", 2 },
    { "back twice", PEER, GO, "", "P S P S x", LOOP_PINGPONG, "received", 3 },
    { "back twice, kept", PEER, KEEP, "", "P S P S x", LOOP_PINGPONG, "received", 3 },
    { "back three times", PEER, GO, "", "P S P S P S P", LOOP_PINGPONG, "received", 4 },
    { "by way of the peer", PEER, KEEP, "", "P x", LOOP_NONE, "none", 1 },
    { "several hops of a visit", PEER, GO, "", "P P S S S P S x", LOOP_PINGPONG, "received", 3 },
    { "gateways and filters between", PEER, GO, "", "g P l g S - P g S x", LOOP_PINGPONG,
      "received", 3 },
    { "a host of nobody ends the path", PEER, GO, "", "P S x P S", LOOP_SUSPECT, "received", 2 },

    { "for another", PEER, GO, "", "P S=her@example.com P S=her@example.com x", LOOP_NONE, "none",
      1 },
    { "once for another", PEER, GO, "", "P S=her@example.com P S x", LOOP_SUSPECT, "received", 2 },
    { "for me", PEER, GO, "", "P S=foo@example.com P S=foo@example.com", LOOP_PINGPONG, "received",
      3 },
    { "for me, shouted", PEER, GO, "", "P S=FOO@Example.COM P S=<foo@EXAMPLE.com>", LOOP_PINGPONG,
      "received", 3 },
    { "for my mailbox", PEER, GO, "", "P S=mailbox@example.com P S=Mailbox@example.com",
      LOOP_PINGPONG, "received", 3 },
    { "for nobody that can be read", PEER, GO, "", "P S=a<b P S=@", LOOP_PINGPONG, "received", 3 },
    { "the peer's own words", PEER, GO, "", "P=her@example.com S P=her@example.com S",
      LOOP_PINGPONG, "received", 3 },
    { "another on one hop of the visit", PEER, GO, "", "P S S=her@example.com P S", LOOP_SUSPECT,
      "received", 2 },
    { "me on one hop of the visit", PEER, GO, "", "P S=foo@example.com S=her@example.com P S",
      LOOP_PINGPONG, "received", 3 },
    { "another on the hop that is now", EXT, GO, "", "S=her@example.com P S P S", LOOP_PINGPONG,
      "received", 3 },

    { "visits that traces account for", PEER, GO, "S,p:she S,p:she", "P S P S x", LOOP_SUSPECT,
      "received", 3 },
    { "visits of a flip", PEER, KEEP, "S,h:me S,p:me", "P S P S x", LOOP_SUSPECT, "received", 3 },
    { "more visits than traces", PEER, GO, "S,p:she", "P S P S x", LOOP_PINGPONG, "received", 3 },
    { "traces of the peer account for none", PEER, GO, "P,p:me P,p:me", "P S P S x", LOOP_PINGPONG,
      "received", 3 },
    { "both kinds", PEER, GO, "S,p:me S,p:me", "P S P S x", LOOP_PINGPONG, "trace,received", 3 },
    { "fewer traces than visits", PEER, GO, "S,p:me", "P S P S P S x", LOOP_PINGPONG,
      "trace,received", 4 },
    { "more traces than visits", PEER, GO, "S,p:me S,p:me S,p:me", "P S x", LOOP_PINGPONG,
      "trace,received", 4 },

    { "submitted", LOCAL, GO, "", "", LOOP_NONE, "none", 1 },
    { "submitted anew by who had it there", LOCAL, GO, "P,h:me", "", LOOP_NONE, "none", 1 },
    { "submitted anew with its old header", LOCAL, GO, "S,p:me", "", LOOP_NONE, "none", 1 },
    { "re-injected", LOCAL, GO, "S,p:me", "S P S P S x", LOOP_NONE, "none", 1 },
    { "re-injected by a filter", LOCAL, KEEP, "S,h:me S,h:me", "l S P S P S", LOOP_NONE, "none",
      1 },
    { "re-injected from outside", LOCAL, GO, "S,p:me", "x P S P S", LOOP_NONE, "none", 1 },
    { "fetched from the peer", LOCAL, GO, "S,p:me", "P S x", LOOP_PINGPONG, "trace,received", 2 },
    { "fetched by a local filter", LOCAL, GO, "", "l g P S P S x", LOOP_PINGPONG, "received", 3 },
};
/* clang-format on */

#endif
