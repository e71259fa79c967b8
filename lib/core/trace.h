#ifndef COEXIST_CORE_TRACE_H
#define COEXIST_CORE_TRACE_H

#include "base/buf.h"
#include "base/words.h"
#include "core/keyring.h"
#include "core/token.h"

/*
 * X-Coexist-Trace: one signed tag list for each pass through a node (form of RFC 6376 section 3.2).
 *
 *   v=1; i=2; id=8f3k2j1x9qm; n=zimbra.example.com; s=secondary; o=peer; t=1732212345;
 *   j=Qw3rTy9_; p=aZ3kQ9xB,77pQm1Yx; h=Qk2mm0aa; w=; k=2026a; b=BASE64
 *
 * i counts passes; id is made at the first and kept; p, h and w hold tokens of the recipients that
 * were sent to the peer, kept here, and (mode observe) would have been sent to the peer; j binds
 * the trace to the message's journey, so that it says nothing about another message. b is the last
 * tag, the HMAC-SHA256, by key k, of all the others in their order without blanks, each with its
 * `;`, in padded base64.
 */

#define TRACE_VALUE_MAX 60000 /* where Postfix cuts a header field */
#define TRACE_ID_MAX 32
#define TRACE_NODE_MAX 255
#define TRACE_PASSES_MAX 1000
#define TRACE_TOKENS_MAX 5000 /* in one list: fits TRACE_VALUE_MAX */

/* A trace as it is written or was read. Spans and lists are borrowed: from the caller when writing,
 * from the canonical text that trace_read() made when read. */
struct trace {
    unsigned pass; /* i, from 1 */
    struct span id;
    struct span node;
    enum system system;
    enum origin origin;
    int64_t time;
    struct span journey;  /* j */
    struct span to_peer;  /* p: tokens joined by commas, possibly empty */
    struct span kept;     /* h */
    struct span would_go; /* w */
    struct span key_name; /* k */
    char *canonical;      /* owned; set by trace_read() */
};

/*
 * Writes the signed value, folded with LF and a tab after each 76 octets or so, between tags and in
 * lists. t->key_name and t->canonical are not used. Fails the buffer where a value is one that
 * trace_read() would refuse, or where the whole with its field name is over TRACE_VALUE_MAX.
 */
void trace_write(const struct trace *t, const struct key *key, struct buf *out);

enum trace_verdict {
    TRACE_VALID,
    TRACE_MALFORMED,   /* no tag list, a tag twice or missing, a value out of range, too long */
    TRACE_UNKNOWN_KEY, /* k names none of ours */
    TRACE_FORGED       /* the signature does not match */
};
const char *trace_verdict_name(enum trace_verdict v);

/*
 * Reads and verifies a value. Blanks and folding do not matter, every other octet does; base64 is
 * compared as text, in constant time, so that its unused bits count too. Unknown tags are signed
 * and otherwise passed over; v must be 1. Fills *out for TRACE_VALID only; then trace_free() it.
 */
enum trace_verdict trace_read(struct span value, const struct keyring *keys, struct trace *out);

void trace_free(struct trace *t);

/* The list (t->to_peer, t->kept or t->would_go) holds the token of that recipient. */
bool trace_lists(const struct trace *t, struct span list, const struct key *key,
                 struct span recipient);

#endif
