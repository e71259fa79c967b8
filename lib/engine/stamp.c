#include "engine/stamp.h"

#include "base/count.h"

#define STAMP_VALUE_MAX 2000
#define STAMP_PATH_VISITS 12

static const struct span trace_field = SPAN_LIT("X-Coexist-Trace");
static const struct span route_field = SPAN_LIT("X-Coexist-Route");
static const struct span loop_field = SPAN_LIT("X-Coexist-Loop");

void stamp_remove_forged(const struct facts *f, struct verdict *v)
{
    for (size_t i = f->owns; i > 0; i--) {
        const struct own_field *own = &f->own[i - 1];
        if (!own->trace)
            verdict_add(v, EDIT_DELETE_HEADER, span_of(own->name), SPAN_ABSENT, own->index);
    }
}

static void add_token(struct buf *list, const struct key *key, struct span id, const char *rcpt)
{
    struct token t = token_make(key, id, TOKEN_RECIPIENT, span_of(rcpt));
    if (list->n > 0)
        buf_addc(list, ',');
    buf_adds(list, t.text);
}

/* The tokens of a trace: sent to the peer, kept here, would have been sent. */
struct lists {
    struct buf to_peer, kept, would_go;
};

static void list_recipient(struct lists *l, const struct recipient *r, const struct key *key,
                           struct span id)
{
    enum action a = r->decision.observed ? r->decision.route : recipient_delivery(r);
    bool goes = a == ACTION_DIVERT || a == ACTION_BOTH;
    bool stays = a == ACTION_HERE || a == ACTION_BOTH;
    struct buf *sent = r->decision.observed ? &l->would_go : &l->to_peer;
    const char *names[] = { r->address.key, r->mailbox };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!names[i])
            continue;
        if (goes)
            add_token(sent, key, id, names[i]);
        if (stays)
            add_token(&l->kept, key, id, names[i]);
    }
}

static void lists_make(struct lists *l, const struct stamp *s, const struct key *key,
                       struct span id)
{
    buf_init(&l->to_peer, TRACE_VALUE_MAX);
    buf_init(&l->kept, TRACE_VALUE_MAX);
    buf_init(&l->would_go, TRACE_VALUE_MAX);
    for (size_t i = 0; i < s->recipients; i++)
        if (s->recipient[i].decision.action != ACTION_LEAVE)
            list_recipient(l, &s->recipient[i], key, id);
}

static bool lists_ok(const struct lists *l)
{
    return buf_ok(&l->to_peer) && buf_ok(&l->kept) && buf_ok(&l->would_go);
}

static void lists_free(struct lists *l)
{
    buf_free(&l->to_peer);
    buf_free(&l->kept);
    buf_free(&l->would_go);
}

static struct token journey_token(const struct stamp *s, const struct key *key, struct span id)
{
    struct buf journey;
    buf_init(&journey, FACTS_JOURNEY_MAX);
    facts_journey(s->facts, true, &journey);
    struct token token = token_make(key, id, TOKEN_JOURNEY, buf_span(&journey));
    buf_free(&journey);
    return token;
}

static unsigned next_pass(const struct trace *last)
{
    if (!last)
        return 1;
    return last->pass < TRACE_PASSES_MAX ? last->pass + 1 : TRACE_PASSES_MAX;
}

static void insert_trace(const struct stamp *s, struct verdict *v)
{
    const struct key *key = &s->engine->keys->key[0];
    const struct trace *last = s->facts->traces > 0 ? &s->facts->trace[0] : NULL;
    struct span id = last ? last->id : s->fresh_id;
    struct token journey = journey_token(s, key, id);
    struct lists l;
    lists_make(&l, s, key, id);
    struct trace t = {
        .pass = next_pass(last),
        .id = id,
        .node = span_of(s->engine->config->name),
        .system = s->engine->config->node,
        .origin = s->origin,
        .time = s->now,
        .journey = span_of(journey.text),
        .to_peer = buf_span(&l.to_peer),
        .kept = buf_span(&l.kept),
        .would_go = buf_span(&l.would_go),
    };
    struct buf value;
    buf_init(&value, TRACE_VALUE_MAX);
    trace_write(&t, key, &value);
    if (lists_ok(&l) && buf_ok(&value))
        verdict_add(v, EDIT_INSERT_HEADER, trace_field, buf_span(&value), 0);
    else
        v->untraced = true;
    buf_free(&value);
    lists_free(&l);
}

/* Which ways the message goes, as one word. */
static const char *route_word(const struct stamp *s)
{
    bool here = false, peer = false;
    for (size_t i = 0; i < s->recipients; i++) {
        const struct decision *d = &s->recipient[i].decision;
        if (d->action == ACTION_HOLD && !d->observed)
            return "hold";
        enum action a = action_goes_on(d->action) || d->observed ? d->route : d->action;
        here = here || a == ACTION_HERE || a == ACTION_BOTH;
        peer = peer || a == ACTION_DIVERT || a == ACTION_BOTH;
    }
    if (here && peer)
        return "mixed";
    return peer ? "peer" : here ? "here" : "loop-mailbox";
}

static void insert_route(const struct stamp *s, struct verdict *v)
{
    bool seen[REASON_COUNT] = { false };
    bool observed = false;
    struct buf value;
    buf_init(&value, STAMP_VALUE_MAX);
    buf_addf(&value, "node=%s; route=%s; reason=", s->engine->config->name, route_word(s));
    for (size_t i = 0, reasons = 0; i < s->recipients; i++) {
        const struct decision *d = &s->recipient[i].decision;
        if (d->action == ACTION_LEAVE || seen[d->reason])
            continue;
        seen[d->reason] = true;
        observed = observed || d->observed;
        buf_addf(&value, "%s%s", reasons++ ? "," : "", reason_name(d->reason));
    }
    if (observed)
        buf_adds(&value, "; mode=observe");
    verdict_add(v, EDIT_INSERT_HEADER, route_field, buf_span(&value), 0);
    buf_free(&value);
}

/* The strongest verdict of all recipients, with the evidence of all. */
static struct loop worst_loop(const struct stamp *s)
{
    struct loop worst = { LOOP_NONE, 0, 1 };
    for (size_t i = 0; i < s->recipients; i++) {
        const struct loop *l = &s->recipient[i].loop;
        if (l->verdict == LOOP_NONE || s->recipient[i].decision.action == ACTION_LEAVE)
            continue;
        bool stronger = l->verdict == LOOP_PINGPONG ||
                        (l->verdict == LOOP_HOPS && worst.verdict != LOOP_PINGPONG) ||
                        worst.verdict == LOOP_NONE;
        if (stronger)
            worst.verdict = l->verdict;
        worst.evidence |= l->evidence;
        if (l->passes > worst.passes)
            worst.passes = l->passes;
    }
    return worst;
}

static bool any_conflict(const struct stamp *s)
{
    for (size_t i = 0; i < s->recipients; i++)
        if (s->recipient[i].decision.reason == REASON_CONFLICT)
            return true;
    return false;
}

static void insert_loop(const struct stamp *s, struct verdict *v)
{
    struct loop loop = worst_loop(s);
    bool conflict = any_conflict(s);
    if (loop.verdict == LOOP_NONE && !conflict)
        return;
    bool conflict_only = loop.verdict == LOOP_NONE || (loop.verdict == LOOP_SUSPECT && conflict);
    struct buf value;
    buf_init(&value, STAMP_VALUE_MAX);
    buf_addf(&value, "verdict=%s; passes=%u; evidence=",
             conflict_only ? "conflict" : loop_verdict_name(loop.verdict), loop.passes);
    if (conflict)
        buf_adds(&value, loop.evidence ? "conflict," : "conflict");
    if (loop.evidence || !conflict)
        loop_evidence_write(loop.evidence, &value);
    buf_adds(&value, "; path=");
    path_write(s->path, STAMP_PATH_VISITS, &value);
    verdict_add(v, EDIT_INSERT_HEADER, loop_field, buf_span(&value), 0);
    buf_free(&value);
}

void stamp_insert(const struct stamp *s, struct verdict *v)
{
    bool ours = false;
    for (size_t i = 0; i < s->recipients && !ours; i++)
        ours = s->recipient[i].decision.action != ACTION_LEAVE;
    if (!ours)
        return;
    /* Each goes on top of the one before. */
    insert_loop(s, v);
    insert_route(s, v);
    insert_trace(s, v);
}
