#include "core/loop.h"

#include "base/count.h"
#include "core/address.h"

/* Keeping a message a second time may be a list or a forward of the peer; a third time is a loop.
 */
#define LOOP_KEPT_BEFORE 2
/* Once, and it is the peer that hands it back; elsewhere it may be its author who sends it again.
 */
#define LOOP_SENT_BEFORE_PEER 1
#define LOOP_SENT_BEFORE_EXTERNAL 2

const char *loop_verdict_name(enum loop_verdict v)
{
    static const char *const names[] = { "none", "suspect", "pingpong", "hops" };
    return (size_t)v < COUNT_OF(names) ? names[v] : "?";
}

/* The list holds this recipient under one of its names. */
static bool lists_recipient(const struct loop_input *in, const struct trace *t, struct span list)
{
    const struct key *key = keyring_find(in->keys, t->key_name);
    if (!key)
        return false;
    return trace_lists(t, list, key, in->recipient) ||
           (span_present(in->mailbox) && trace_lists(t, list, key, in->mailbox));
}

/* How often this system has sent the recipient to the peer, and kept it here; its visits in all;
 * and how often the peer has kept it, as a filter there has written. */
struct tally {
    unsigned sent, kept, own, kept_there;
};

/* The pass of trace i went on with what the one before it had begun here: the same visit. */
static bool is_reinjection(const struct loop_input *in, const struct trace *t, size_t n, size_t i)
{
    return t[i].origin == ORIGIN_LOCAL && i + 1 < n && t[i + 1].system == in->node;
}

static struct tally tally_traces(const struct loop_input *in)
{
    struct tally n = { 0 };
    for (size_t i = 0; i < in->traces; i++) {
        const struct trace *t = &in->trace[i];
        if (t->system != in->node) {
            n.kept_there += lists_recipient(in, t, t->kept) && !lists_recipient(in, t, t->to_peer);
            continue;
        }
        bool again = is_reinjection(in, in->trace, in->traces, i);
        n.own += !again;
        if (lists_recipient(in, t, t->to_peer) ||
            (in->observe && lists_recipient(in, t, t->would_go)))
            n.sent++;
        if (lists_recipient(in, t, t->kept) &&
            !(again && lists_recipient(in, &in->trace[i + 1], in->trace[i + 1].kept)))
            n.kept++;
    }
    return n;
}

/* Visits here that have left a trace on an earlier journey of the message, before a list took it,
 * and were for others: a list whose message comes back is no new beginning for this recipient. */
static unsigned older_visits(const struct loop_input *in)
{
    unsigned n = 0;
    for (size_t i = 0; i < in->olders; i++) {
        const struct trace *t = &in->older[i];
        if (t->system == in->node && !is_reinjection(in, in->older, in->olders, i) &&
            !lists_recipient(in, t, t->to_peer) && !lists_recipient(in, t, t->kept))
            n++;
    }
    return n;
}

static bool repeats_by_trace(const struct loop_input *in, const struct tally *n)
{
    bool sends = in->outcome == LOOP_TO_PEER || in->outcome == LOOP_BOTH;
    bool keeps = in->outcome == LOOP_KEPT || in->outcome == LOOP_BOTH;
    bool has_been_there = n->sent > 0 || (in->outcome == LOOP_TO_PEER && n->kept_there > 0);
    return (sends && has_been_there) || (keeps && n->kept >= LOOP_KEPT_BEFORE);
}

static unsigned passes_by_trace(const struct tally *n)
{
    unsigned most = n->sent > n->kept ? n->sent : n->kept;
    return 1 + (most > n->kept_there ? most : n->kept_there);
}

static bool names_recipient(const struct loop_input *in, struct span for_)
{
    struct address a;
    if (address_parse(for_, &a) != RESULT_OK)
        return true; /* it names nobody else, for all that can be read */
    struct span key = span_of(a.key);
    bool same =
        span_eq(key, in->recipient) || (span_present(in->mailbox) && span_eq(key, in->mailbox));
    address_free(&a);
    return same;
}

/* The visit was for another recipient: some hop of it says so, and none names this one. */
static bool visit_was_for_another(const struct loop_input *in, const struct path_visit *v)
{
    bool another = false;
    if (v->first == PATH_NO_HOP)
        return false;
    for (size_t i = v->first; i <= v->last && i < in->hops; i++) {
        if (!span_present(in->hop[i].for_))
            continue;
        if (names_recipient(in, in->hop[i].for_))
            return false;
        another = true;
    }
    return another;
}

/* Arrivals of this recipient at this system, by the Received fields: the present one and earlier
 * ones that were not for somebody else. */
static unsigned arrivals_by_path(const struct loop_input *in)
{
    unsigned n = 0;
    for (size_t i = 0; i < in->path->visits; i++) {
        const struct path_visit *v = &in->path->visit[i];
        if (v->system == in->node && (i == 0 || !visit_was_for_another(in, v)))
            n++;
    }
    return n;
}

static bool repeats_by_ledger(const struct loop_input *in)
{
    if (in->outcome == LOOP_KEPT && !in->conflict)
        return false;
    switch (in->origin) {
    case ORIGIN_PEER:
        return in->remembered >= LOOP_SENT_BEFORE_PEER;
    case ORIGIN_EXTERNAL:
        return in->remembered >= LOOP_SENT_BEFORE_EXTERNAL;
    case ORIGIN_LOCAL:
        break;
    }
    return false;
}

static struct loop judge_return(const struct loop_input *in)
{
    struct loop out = { LOOP_NONE, 0, 1 };
    struct tally n = tally_traces(in);
    unsigned arrivals = arrivals_by_path(in);
    /* Traces name the recipient: where each earlier visit has one, they know better. */
    bool traced = n.own + older_visits(in) + 1 >= arrivals;
    if (repeats_by_trace(in, &n)) {
        out.verdict = LOOP_PINGPONG;
        out.evidence |= LOOP_BY_TRACE;
        out.passes = passes_by_trace(&n);
    }
    if (arrivals > 1) {
        out.evidence |= LOOP_BY_RECEIVED;
        if (arrivals >= in->max_crossings && !traced)
            out.verdict = LOOP_PINGPONG;
        else if (out.verdict == LOOP_NONE)
            out.verdict = LOOP_SUSPECT;
    }
    if (arrivals > out.passes)
        out.passes = arrivals;
    if (repeats_by_ledger(in)) {
        out.verdict = LOOP_PINGPONG;
        out.evidence |= LOOP_BY_LEDGER;
        if (in->remembered >= out.passes)
            out.passes = in->remembered + 1;
    }
    return out;
}

/* A local client whose message was last handled by the peer is only a door of this system. */
static bool comes_from_here(const struct loop_input *in)
{
    bool peer_on_top = in->path->visits > 1 && in->path->visit[0].first == PATH_NO_HOP;
    return in->origin == ORIGIN_LOCAL && !peer_on_top;
}

bool loop_peer_has_had(const struct loop_input *in)
{
    if (in->origin != ORIGIN_LOCAL || !comes_from_here(in))
        return false;
    for (size_t i = 0; i < in->traces && in->trace[i].system == in->node; i++) {
        const struct trace *t = &in->trace[i];
        if (!lists_recipient(in, t, t->kept))
            return false;
        if (lists_recipient(in, t, t->to_peer) || t->origin == ORIGIN_PEER)
            return true;
        if (t->origin != ORIGIN_LOCAL)
            return false;
    }
    return false;
}

struct loop loop_judge(const struct loop_input *in)
{
    struct loop out = { LOOP_NONE, 0, 1 };
    if (!comes_from_here(in))
        out = judge_return(in);
    if (in->hops_total > in->max_hops) {
        if (out.verdict != LOOP_PINGPONG)
            out.verdict = LOOP_HOPS;
        out.evidence |= LOOP_BY_HOPS;
    }
    return out;
}

const char *loop_evidence_name(unsigned i)
{
    static const char *const names[] = { "trace", "received", "hops", "ledger" };
    _Static_assert(COUNT_OF(names) == LOOP_EVIDENCES, "a name for each kind");
    _Static_assert(LOOP_BY_TRACE == 1 && LOOP_BY_LEDGER == 1 << (LOOP_EVIDENCES - 1), "in order");
    return i < COUNT_OF(names) ? names[i] : "?";
}

void loop_evidence_write(unsigned evidence, struct buf *out)
{
    bool first = true;
    for (unsigned i = 0; i < LOOP_EVIDENCES; i++) {
        if (!(evidence & 1U << i))
            continue;
        if (!first)
            buf_addc(out, ',');
        buf_adds(out, loop_evidence_name(i));
        first = false;
    }
    if (first)
        buf_adds(out, "none");
}
