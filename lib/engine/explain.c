#include "engine/explain.h"

#include "sys/log.h"

#define EXPLAIN_PATH_VISITS 12
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
    if (r->key && r->loop.verdict == LOOP_NONE && origin != ORIGIN_EXTERNAL)
        buf_addf(&text, "; see %.*s", EXPLAIN_SHOWN_MAX, r->key);
    add_evidence(r, path, &text);
    buf_addf(&text, " (coexist %s)", e->config->name);
    reply_set(out, code.code, code.status, buf_span(&text));
    buf_free(&text);
}

static void log_path(struct log_line *l, const struct path *path)
{
    struct buf text;
    buf_init(&text, 256);
    path_write(path, EXPLAIN_PATH_VISITS, &text);
    log_span(l, "path", buf_span(&text));
    buf_free(&text);
}

static void log_loop(struct log_line *l, const struct loop *loop)
{
    struct buf text;
    buf_init(&text, 64);
    loop_evidence_write(loop->evidence, &text);
    log_text(l, "loop", loop_verdict_name(loop->verdict));
    log_number(l, "passes", loop->passes);
    log_span(l, "evidence", buf_span(&text));
    buf_free(&text);
}

/* What keeps mail waiting is worth a warning; what flows is not. */
static enum log_level level_of(const struct recipient *r)
{
    enum reason reason = r->decision.reason;
    bool usual = action_goes_on(r->decision.action) || reason == REASON_MOVING ||
                 reason == REASON_UNKNOWN_USER;
    return usual && reason != REASON_CONFLICT ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING;
}

void explain_log(const struct recipient *r, const struct engine *e, const char *queue_id,
                 enum origin origin, const struct path *path)
{
    struct log_line l;
    const char *target = recipient_target(r, e);
    log_begin(&l, level_of(r), queue_id, "decide");
    log_text(&l, "rcpt", r->address.key ? r->address.key : r->text);
    log_text(&l, "origin", origin_name(origin));
    log_text(&l, "home", home_name(r->home));
    log_text(&l, "action", action_name(r->decision.action));
    log_text(&l, "reason", reason_name(r->decision.reason));
    if (r->decision.observed)
        log_text(&l, "mode", mode_name(MODE_OBSERVE));
    if (target)
        log_text(&l, "to", target);
    if (r->mailbox)
        log_text(&l, "alias-of", r->mailbox);
    if (r->key)
        log_text(&l, "key", r->key);
    if (r->why)
        log_text(&l, "why", r->why);
    if (r->loop.verdict != LOOP_NONE)
        log_loop(&l, &r->loop);
    if (path)
        log_path(&l, path);
    log_end(&l);
}
