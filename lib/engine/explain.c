#include "engine/explain.h"

/* Of an address and of a key, so that neither pushes what else is told out of the line. */
#define EXPLAIN_SHOWN_MAX 120

/* What is said behind `<address>: `. */
static const char *sentence(const struct decision *d)
{
    switch (d->reason) {
    case REASON_MOVING:
        return "the mailbox is being moved, try again later";
    case REASON_BAD_RECORD:
        return "the record that says where this mailbox lives is not valid";
    case REASON_NO_ROUTE:
        return "this mailbox lives on the other system, and no address for it there is known";
    case REASON_STATE_DOWN:
        return "where this mailbox lives cannot be found out right now, try again later";
    case REASON_UNKNOWN_USER:
        return "no such user";
    case REASON_CONFLICT:
        return "this mailbox lives on the system that has just sent this message here";
    case REASON_BREAKER:
        return "mail for this mailbox goes round between the two systems; it is deferred for a "
               "while so that the record can be mended";
    case REASON_SETTLING:
        return "it has been flipped, and mail for it might still go the old way; try again in half "
               "a minute";
    case REASON_HOPS:
        return "this message has passed too many hosts";
    default:
        return "this message was here before for this recipient and has come back";
    }
}

static void add_evidence(const struct recipient *r, const struct path *path, struct buf *out)
{
    bool loops = r->loop.verdict == LOOP_PINGPONG || r->loop.verdict == LOOP_HOPS;
    if (loops) {
        buf_addf(out, "; passes=%u evidence=", r->loop.passes);
        loop_evidence_write(r->loop.evidence, out);
    }
    if (path) {
        buf_adds(out, loops ? " path=" : "; path=");
        path_write(path, EXPLAIN_PATH_VISITS, out);
    }
}

void explain_reply(const struct recipient *r, const struct engine *e, enum origin origin,
                   const struct path *path, struct reply *out)
{
    struct reply_code code = decision_reply(&r->decision);
    *out = (struct reply){ 0 };
    if (code.code == 0)
        return;
    struct buf text;
    buf_init(&text, 4 * ADDRESS_MAX);
    buf_addf(&text, "%s: ", reason_name(r->decision.reason));
    if (r->address.key)
        buf_addf(&text, "<%.*s>: ", EXPLAIN_SHOWN_MAX, r->address.key);
    buf_adds(&text, sentence(&r->decision));
    bool by_record = r->loop.verdict == LOOP_NONE || r->decision.reason == REASON_CONFLICT;
    if (r->key && by_record && origin != ORIGIN_EXTERNAL)
        buf_addf(&text, "; see %.*s", EXPLAIN_SHOWN_MAX, r->key);
    add_evidence(r, path, &text);
    buf_addf(&text, " (coexist %s)", e->config->name);
    reply_set(out, code.code, code.status, buf_span(&text));
    buf_free(&text);
}
