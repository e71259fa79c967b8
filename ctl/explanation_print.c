#include "ctl/explanation_print.h"

#include <string.h>

#include "base/count.h"
#include "ctl/reason_text.h"
#include "ctl/table.h"

#define INDENT "  "
#define TEXT_MAX 4096

static void print_title(struct out *o, const char *title)
{
    out_printf(o, INK_STRONG, "%s\n", title);
}

static enum ink ink_of(const struct explanation *x)
{
    enum status status = explanation_status(x);
    return status == STATUS_YES ? INK_GOOD : status == STATUS_NO ? INK_BAD : INK_WARN;
}

static void print_caller(struct out *o, const struct explanation *x)
{
    static const char *const how[] = {
        [CALLER_ADDRESS] = "by its address", [CALLER_NOBODY] = "an SMTP client of neither system",
        [CALLER_LOGIN] = "authenticated",    [CALLER_CERT] = "by its certificate",
        [CALLER_HEADER] = "by its header",
    };
    const char *separator = x->caller.address[0] ? ", " : "";
    fprintf(o->to, ", from %s (%s%s%s)",
            x->origin == ORIGIN_PEER ? "the peer" : origin_name(x->origin), x->caller.address,
            separator, how[x->caller.how]);
}

static void print_reply(struct out *o, const struct explanation *x)
{
    const struct reply *r = &x->verdict.reply;
    if (r->code == 0)
        return;
    fprintf(o->to, INDENT "%s: %d %s ", x->at_rcpt ? "answer to RCPT" : "answer to the message",
            r->code, r->status);
    out_foreign(o, span_of(r->text));
    fputc('\n', o->to);
}

static void print_decision(struct out *o, const struct explanation *x)
{
    const struct decision *d = &x->decision;
    out_foreign_ink(o, INK_STRONG, span_of(x->address ? x->address : x->question.rcpt));
    print_caller(o, x);
    fputs(": ", o->to);
    if (!x->decided) {
        out_printf(o, INK_BAD, "cannot be read\n");
        print_reply(o, x);
        return;
    }
    out_printf(o, ink_of(x), "%s", action_text(d->action));
    fprintf(o->to, "%s\n", d->observed ? " (only observed: nothing of it is done)" : "");
    if (x->decided_from != x->origin)
        fputs(INDENT "taken as from the peer, which has had it: it was kept here in this visit\n",
              o->to);
    fprintf(o->to, INDENT "%s: %s\n", reason_name(d->reason), reason_text(d->reason));
    if (x->why) {
        fputs(INDENT, o->to);
        out_foreign(o, span_of(x->record ? x->record : ""));
        fputs(": ", o->to);
        out_foreign(o, span_of(x->why));
        fputc('\n', o->to);
    }
    print_reply(o, x);
}

/* `home=primary route=...`, as they stand in Redis. */
static void write_record(const struct record *r, struct buf *out)
{
    const struct {
        const char *name, *value;
    } fields[] = {
        { "home", r->home == HOME_UNSET ? "" : home_name(r->home) },
        { "mode", r->mode == MODE_UNSET ? "" : mode_name(r->mode) },
        { "group", r->group },
        { "alias", r->alias },
        { "route", r->route },
        { "calendar", r->calendar == HOME_UNSET ? "" : home_name(r->calendar) },
    };
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (fields[i].value[0])
            buf_addf(out, "%s%s=%s", out->n ? " " : "", fields[i].name, fields[i].value);
}

static void print_lookups(struct out *o, const struct explanation *x)
{
    struct table t;
    table_init(&t, 3, NULL);
    for (size_t i = 0; i < x->dry->lookups; i++) {
        const struct dry_lookup *l = &x->dry->lookup[i];
        struct buf text;
        char key[RECORD_KEY_MAX + sizeof(INDENT)];
        buf_init(&text, TEXT_MAX);
        if (l->answer == STORE_FOUND)
            write_record(&l->record, &text);
        else
            buf_adds(&text, l->why);
        snprintf(key, sizeof(key), INDENT "%s", l->key);
        table_adds(&t, key);
        table_adds(&t, store_answer_name(l->answer));
        table_add(&t, INK_PLAIN, text.n > 0 ? buf_span(&text) : SPAN_ABSENT);
        buf_free(&text);
    }
    print_title(o, "records read");
    if (x->dry->lookups == 0)
        fputs(INDENT "none\n", o->to);
    table_print(&t, o);
    table_free(&t);
}

static void print_breaker(struct out *o, const struct explanation *x)
{
    const struct dry_breaker *b = &x->dry->breaker;
    fputs(INDENT "breaker: ", o->to);
    if (!b->asked)
        fputs("not asked\n", o->to);
    else if (b->answer == STORE_UNAVAILABLE)
        out_printf(o, INK_WARN, "cannot be asked: %s\n", b->why);
    else if (b->answer == STORE_ABSENT)
        fputs("not open\n", o->to);
    else
        out_printf(o, INK_BAD, "open for home %s\n", home_name(b->home));
}

static void print_ledger(struct out *o, const struct explanation *x)
{
    const struct dry_ledger *l = &x->dry->ledger;
    fputs(INDENT "ledger: ", o->to);
    if (!l->asked)
        fputs("not asked\n", o->to);
    else if (l->query.answer == STORE_UNAVAILABLE)
        out_printf(o, INK_WARN, "cannot be asked: %s\n", l->why);
    else
        fprintf(o->to, "sent to the peer %u times before\n", l->query.visits);
}

static void print_loop(struct out *o, const struct explanation *x)
{
    const struct loop *l = &x->loop;
    struct buf evidence;
    buf_init(&evidence, TEXT_MAX);
    loop_evidence_write(l->evidence, &evidence);
    fprintf(o->to, INDENT "loop: %s", loop_verdict_name(l->verdict));
    if (l->verdict != LOOP_NONE)
        fprintf(o->to, ", passes %u, by %s", l->passes, buf_text(&evidence));
    fputc('\n', o->to);
    buf_free(&evidence);
}

static void print_header(struct out *o, const struct explanation *x)
{
    const struct explanation_header *h = &x->header;
    if (x->at_rcpt)
        return;
    if (!span_present(x->question.header))
        fputs(INDENT "no message is given: as one without a header\n", o->to);
    fprintf(o->to, INDENT "header: %zu Received fields, path %s\n", h->hops, buf_text(&h->path));
    fprintf(o->to, INDENT "traces: %zu of this journey, %zu of earlier ones, %zu forged", h->traces,
            h->older_traces, h->forged);
    if (h->fault != TRACE_VALID)
        fprintf(o->to, " (%s)", trace_verdict_name(h->fault));
    fputc('\n', o->to);
    if (h->null_sender || h->auto_submitted || h->imip)
        fprintf(o->to, INDENT "it has%s%s%s\n", h->null_sender ? " a null sender" : "",
                h->auto_submitted ? " a machine for its sender" : "",
                h->imip ? " an invitation in it" : "");
}

static void print_rules(struct out *o, const struct explanation *x)
{
    const struct weighing *w = &x->weighing;
    struct table t;
    print_title(o, "rules, in their order");
    table_init(&t, 3, NULL);
    for (size_t i = 0; i < w->rules; i++) {
        const struct weighed *r = &w->rule[i];
        struct buf name, why;
        bool decides = i == w->decided;
        buf_init(&name, TEXT_MAX);
        buf_init(&why, TEXT_MAX);
        buf_addf(&name, INDENT "%s%s%s", r->rule, r->named ? ", " : "",
                 r->named ? action_name(r->action) : "");
        for (size_t k = 0; k < r->whys; k++)
            buf_addf(&why, "%s%s", k ? "; " : "", r->why[k]);
        table_add(&t, r->applies ? INK_STRONG : INK_DIM, buf_span(&name));
        table_add(&t, decides ? INK_GOOD : INK_DIM,
                  span_of(decides      ? "decides"
                          : r->applies ? "overruled"
                                       : "no"));
        table_add(&t, r->applies ? INK_PLAIN : INK_DIM, buf_span(&why));
        buf_free(&name);
        buf_free(&why);
    }
    table_print(&t, o);
    table_free(&t);
}

static void add(struct out *o, const char *before, const char *text)
{
    fputs(before, o->to);
    out_foreign(o, span_of(text ? text : ""));
}

/* A folded value keeps its lines, each of them indented. */
static void print_value(struct out *o, const char *value)
{
    struct span rest = span_of(value), line;
    for (bool first = true; span_split(&rest, '\n', &line); first = false) {
        fputs(first ? "" : "\n" INDENT INDENT, o->to);
        out_foreign(o, span_trim(line));
    }
}

static void print_edit(struct out *o, const struct edit *e)
{
    switch (e->kind) {
    case EDIT_ADD_RECIPIENT:
        add(o, INDENT "add recipient ", e->name);
        add(o, " ", e->value);
        break;
    case EDIT_DELETE_RECIPIENT:
        add(o, INDENT "delete recipient ", e->name);
        break;
    case EDIT_DELETE_HEADER:
        add(o, INDENT "delete header ", e->name);
        fprintf(o->to, ", number %u of that name", e->index);
        break;
    case EDIT_INSERT_HEADER:
        add(o, INDENT "insert header ", e->name);
        fputs(": ", o->to);
        print_value(o, e->value);
        break;
    case EDIT_HOLD:
        add(o, INDENT "hold: ", e->value);
        break;
    }
    fputc('\n', o->to);
}

static void print_edits(struct out *o, const struct explanation *x)
{
    print_title(o, "edits of the message");
    if (x->verdict.edits == 0 || x->verdict.reply.code != 0)
        fputs(INDENT "none\n", o->to);
    for (size_t i = 0; x->verdict.reply.code == 0 && i < x->verdict.edits; i++)
        print_edit(o, &x->verdict.edit[i]);
}

static void print_log(struct out *o, const struct explanation *x)
{
    struct span rest = buf_span(&x->dry->log), line;
    print_title(o, "lines for the log");
    if (rest.n == 0)
        fputs(INDENT "none\n", o->to);
    while (rest.n > 0 && span_split(&rest, '\n', &line))
        if (line.n > 0) {
            fputs(INDENT, o->to);
            out_foreign(o, line);
            fputc('\n', o->to);
        }
}

void explanation_print(const struct explanation *x, struct out *o)
{
    print_decision(o, x);
    print_lookups(o, x);
    print_title(o, "what else is known");
    print_breaker(o, x);
    print_ledger(o, x);
    print_header(o, x);
    print_loop(o, x);
    if (x->decided)
        print_rules(o, x);
    print_edits(o, x);
    print_log(o, x);
}
