#include "ctl/judgement.h"

#include <string.h>

#include "core/address.h"
#include "ctl/judgement_guess.h"

/* Whom the message may be for. */
struct recipients {
    struct address address[JUDGEMENT_RECIPIENTS_MAX];
    size_t n;
};

static void add_recipient(struct recipients *r, struct span text)
{
    struct address a;
    if (r->n == JUDGEMENT_RECIPIENTS_MAX || text.n == 0 || address_parse(text, &a) != RESULT_OK)
        return;
    for (size_t i = 0; i < r->n; i++)
        if (span_eq(span_of(r->address[i].key), span_of(a.key))) {
            address_free(&a);
            return;
        }
    r->address[r->n++] = a;
}

static void find_recipients(const struct letter *l, const struct bounce *around,
                            struct recipients *r)
{
    static const char *const fields[] = { "X-Original-To", "Delivered-To", "Envelope-To" };
    for (size_t i = 0; around && i < around->delivery.recipients; i++) {
        add_recipient(r, around->delivery.recipient[i].original);
        add_recipient(r, around->delivery.recipient[i].final);
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        add_recipient(r, mail_field(&l->mail, fields[i]));
    for (size_t i = 0; i < l->facts.hops; i++)
        add_recipient(r, l->facts.hop[i].for_);
}

/* What the node had before it when it saw the message. */
struct view {
    size_t begin;  /* index in facts.hop of the newest hop that was there then */
    size_t traces; /* newest ones that were not yet */
    struct path path;
};

static size_t hops_of_journey(const struct facts *f)
{
    return f->hops_journey < f->hops ? f->hops_journey : f->hops;
}

/* The first hop that the node's own system wrote; the number of hops where there is none. */
static size_t find_own(const struct facts *f, const struct engine *e)
{
    size_t n = hops_of_journey(f), i = 0;
    while (i < n && site_host(e->site, f->hop[i].by) != place_of(e->config->node))
        i++;
    return i;
}

static void take_view(const struct letter *l, const struct bounce *around,
                      const struct viewpoint *v, struct view *out)
{
    const struct engine *e = v->engine;
    const struct facts *f = &l->facts;
    size_t n = hops_of_journey(f), own = find_own(f, e);
    enum system newest = e->config->node;
    bool refused = around && way_newest_system(&l->way, v, &newest) && newest != e->config->node;
    *out = (struct view){ .begin = 0 };
    if (!refused) {
        out->traces = f->traces > 0;
        if (own < n) {
            path_build(f->hop + own, n - own, e->site, e->config->node, &out->path);
            out->begin = own + out->path.visit[0].last + 1;
        }
    }
    path_build(f->hop + out->begin, n - out->begin, e->site, e->config->node, &out->path);
}

/* What the node did with the recipient last, or does if it comes back. */
static enum loop_outcome outcome_for(const struct letter *l, const struct viewpoint *v,
                                     struct span recipient)
{
    if (l->facts.traces == 0)
        return LOOP_KEPT;
    const struct trace *t = &l->facts.trace[0];
    const struct key *key = keyring_find(v->engine->keys, t->key_name);
    bool sent = key && trace_lists(t, t->to_peer, key, recipient);
    bool kept = key && trace_lists(t, t->kept, key, recipient);
    if (sent)
        return kept ? LOOP_BOTH : LOOP_TO_PEER;
    return LOOP_KEPT;
}

static enum origin origin_of(const struct letter *l, const struct view *view)
{
    if (view->traces > 0)
        return l->facts.trace[0].origin;
    return view->path.visits > 1 ? ORIGIN_PEER : ORIGIN_EXTERNAL;
}

static struct loop judge_for(const struct letter *l, const struct viewpoint *v,
                             const struct view *view, struct span recipient)
{
    const struct facts *f = &l->facts;
    const struct loop_input in = {
        .node = v->engine->config->node,
        .origin = origin_of(l, view),
        .outcome = outcome_for(l, v, recipient),
        .recipient = recipient,
        .trace = f->trace + view->traces,
        .traces = f->traces - view->traces,
        .older = f->other,
        .olders = f->others,
        .keys = v->engine->keys,
        .path = &view->path,
        .hop = f->hop + view->begin,
        .hops = hops_of_journey(f) - view->begin,
        .hops_total = f->hops_total,
        .max_crossings = v->engine->config->max_crossings,
        .max_hops = v->engine->config->max_hops,
    };
    return loop_judge(&in);
}

int judgement_weight(enum loop_verdict v)
{
    switch (v) {
    case LOOP_NONE:
        return 0;
    case LOOP_SUSPECT:
        return 1;
    case LOOP_HOPS:
        return 2;
    case LOOP_PINGPONG:
        break;
    }
    return 3;
}

static void judge_configured(const struct letter *l, const struct bounce *around,
                             const struct viewpoint *v, struct judgement *out)
{
    struct recipients r = { .n = 0 };
    struct view view;
    enum system node = v->engine->config->node;
    take_view(l, around, v, &view);
    find_recipients(l, around, &r);
    struct loop worst = judge_for(l, v, &view, r.n > 0 ? span_of(r.address[0].key) : SPAN_LIT(""));
    for (size_t i = 1; i < r.n; i++) {
        struct loop loop = judge_for(l, v, &view, span_of(r.address[i].key));
        if (judgement_weight(loop.verdict) > judgement_weight(worst.verdict))
            worst = loop;
    }
    for (size_t i = 0; i < r.n; i++)
        address_free(&r.address[i]);
    out->verdict = worst.verdict;
    out->evidence = worst.evidence;
    out->visits = worst.passes;
    out->max_hops = v->engine->config->max_hops;
    if (worst.verdict == LOOP_PINGPONG || worst.verdict == LOOP_SUSPECT) {
        out->system = system_name(node);
        out->other = system_name(system_other(node));
    }
}

static bool is_elsewhere(const char *label)
{
    return label && strncmp(label, place_name(PLACE_EXTERNAL), strlen("external")) == 0;
}

/* A loop that the node cannot see: between others, or one of them and a system of ours. */
static void judge_elsewhere(const struct letter *l, const struct viewpoint *v,
                            struct judgement *out)
{
    struct judgement j = { .verdict = LOOP_NONE };
    judgement_guess(l, v, &j);
    if (j.verdict == LOOP_PINGPONG && out->verdict != LOOP_PINGPONG &&
        (is_elsewhere(j.system) || is_elsewhere(j.other)))
        *out = j;
}

void judgement_make(const struct letter *l, const struct bounce *around, const struct viewpoint *v,
                    struct judgement *out)
{
    *out = (struct judgement){ .verdict = LOOP_NONE };
    if (!l->way.by_site) {
        judgement_guess(l, v, out);
        return;
    }
    judge_configured(l, around, v, out);
    judge_elsewhere(l, v, out);
}

bool judgement_is_loop(const struct judgement *j)
{
    return j->verdict == LOOP_PINGPONG || j->verdict == LOOP_HOPS;
}

static void write_pair(const struct judgement *j, struct buf *out)
{
    if (j->verdict == LOOP_PINGPONG)
        buf_addf(out, "it came to %s %zu times, to and fro with %s", j->system, j->visits,
                 j->other ? j->other : "others");
    else
        buf_addf(out, "it came back to %s%s%s, as lists and forwards do too", j->system,
                 j->other ? " from " : "", j->other ? j->other : "");
}

void judgement_write(const struct judgement *j, const struct letter *l, struct buf *out)
{
    switch (j->verdict) {
    case LOOP_NONE:
        buf_adds(out, l->way.total > 0 ? "no loop" : "no loop: there is no Received field");
        return;
    case LOOP_HOPS:
        buf_addf(out, "%zu Received fields, over %u", l->way.total, j->max_hops);
        break;
    case LOOP_SUSPECT:
    case LOOP_PINGPONG:
        write_pair(j, out);
        break;
    }
    buf_adds(out, " (evidence: ");
    loop_evidence_write(j->evidence, out);
    buf_adds(out, ")");
}
