#include "ctl/inspect.h"

#include "ctl/way_draw.h"

#define PATH_SHOWN_MAX 65536
#define SENTENCE_MAX 2048
#define NAME_COLUMNS 10
#define VALUE_SHOWN_MAX 1000 /* octets */

/* The value in one line, with one blank for each run of them. */
static void squeeze(struct span value, struct buf *out)
{
    for (size_t i = 0; i < value.n; i++) {
        bool blank = span_trim((struct span){ value.p + i, 1 }).n == 0;
        if (!blank)
            buf_addc(out, value.p[i]);
        else if (out->n > 0 && out->p[out->n - 1] != ' ')
            buf_addc(out, ' ');
    }
}

/* A line `name  value`; nothing where the value is absent. */
static void draw_line(const char *name, struct span value, struct out *o)
{
    struct buf text;
    if (!span_present(value))
        return;
    bool cut = value.n > VALUE_SHOWN_MAX;
    if (cut)
        value.n = VALUE_SHOWN_MAX;
    buf_init(&text, VALUE_SHOWN_MAX);
    squeeze(span_trim(value), &text);
    out_printf(o, INK_DIM, "%-*s", NAME_COLUMNS, name);
    out_foreign(o, buf_span(&text));
    out_printf(o, INK_DIM, "%s\n", cut ? "..." : "");
    buf_free(&text);
}

static void draw_message(const struct mail *m, struct out *o)
{
    draw_line("message", mail_field(m, "Message-ID"), o);
    draw_line("subject", mail_field(m, "Subject"), o);
    draw_line("from", mail_field(m, "From"), o);
    draw_line("to", mail_field(m, "To"), o);
}

static void draw_path(const struct way *w, const struct viewpoint *v, struct out *o)
{
    struct buf text;
    buf_init(&text, PATH_SHOWN_MAX);
    way_write_path(w, v, &text);
    if (text.n > 0) {
        out_printf(o, INK_DIM, "%-*s", NAME_COLUMNS, "path");
        out_foreign_ink(o, INK_STRONG, buf_span(&text));
        out_printf(o, INK_PLAIN, ", newest first; %zu %s\n", w->crossings,
                   w->crossings == 1 ? "crossing" : "crossings");
    }
    buf_free(&text);
}

static enum ink claim_ink(enum claim_verdict v)
{
    switch (v) {
    case CLAIM_VALID:
        return INK_GOOD;
    case CLAIM_UNVERIFIED:
        return INK_PLAIN;
    case CLAIM_MALFORMED:
    case CLAIM_UNKNOWN_KEY:
    case CLAIM_FORGED:
        break;
    }
    return INK_BAD;
}

static void draw_claim(const struct claim *c, struct out *o)
{
    out_printf(o, INK_DIM, "%-*s", NAME_COLUMNS, "trace");
    out_printf(o, claim_ink(c->verdict), "%s", claim_verdict_name(c->verdict));
    if (c->has_pass)
        out_printf(o, INK_PLAIN, ", pass %llu", (unsigned long long)c->pass);
    if (span_present(c->node)) {
        out_printf(o, INK_PLAIN, " through ");
        out_foreign(o, c->node);
    }
    if (span_present(c->system)) {
        out_printf(o, INK_PLAIN, " (");
        out_foreign(o, c->system);
        out_printf(o, INK_PLAIN, ")");
    }
    if (span_present(c->origin)) {
        out_printf(o, INK_PLAIN, " from ");
        out_foreign(o, c->origin);
    }
    if (span_present(c->id))
        out_printf(o, INK_PLAIN, ": %zu sent to the peer, %zu kept", c->to_peer, c->kept);
    if (c->would_go > 0)
        out_printf(o, INK_PLAIN, ", %zu only observed", c->would_go);
    out_printf(o, INK_PLAIN, "\n");
}

static void draw_claims(const struct claims *c, struct out *o)
{
    for (size_t i = c->claims; i > 0; i--)
        draw_claim(&c->claim[i - 1], o);
    if (c->total > c->claims)
        out_printf(o, INK_WARN, "%zu older traces are left out\n", c->total - c->claims);
}

static void draw_verdict(const struct judgement *j, const struct letter *l, struct out *o)
{
    static const enum ink inks[] = { INK_GOOD, INK_WARN, INK_BAD, INK_BAD };
    struct buf text;
    buf_init(&text, SENTENCE_MAX);
    judgement_write(j, l, &text);
    out_printf(o, INK_DIM, "%-*s", NAME_COLUMNS, "verdict");
    out_printf(o, inks[j->verdict], "%s", loop_verdict_name(j->verdict));
    out_printf(o, INK_PLAIN, ": ");
    out_foreign(o, buf_span(&text));
    out_printf(o, INK_PLAIN, "\n");
    buf_free(&text);
}

static void draw_recipient(const struct delivery_recipient *r, struct out *o)
{
    draw_line("recipient", span_present(r->final) ? r->final : r->original, o);
    if (span_present(r->final) && span_present(r->original) && !span_eq(r->final, r->original))
        draw_line("  origin", r->original, o);
    draw_line("  action", r->action, o);
    draw_line("  status", r->status, o);
    draw_line("  remote", r->remote_mta, o);
    draw_line("  reply", r->diagnostic, o);
}

static const char *bounce_title(enum bounce_kind k)
{
    switch (k) {
    case BOUNCE_REPORT:
        return "A bounce (delivery report)";
    case BOUNCE_WORDS:
        return "A bounce (in words)";
    case BOUNCE_JOURNAL:
        return "A journal envelope";
    case BOUNCE_ATTACHED:
        return "A message with another attached";
    case BOUNCE_NONE:
        break;
    }
    return "A message";
}

static void draw_delivery(const struct delivery *d, struct out *o)
{
    draw_line("reporter", d->reporting_mta, o);
    draw_line("arrival", d->arrival_date, o);
    for (size_t i = 0; i < d->recipients; i++)
        draw_recipient(&d->recipient[i], o);
    if (d->total > d->recipients)
        out_printf(o, INK_WARN, "%zu further recipients are left out\n", d->total - d->recipients);
}

static void draw_letter(const struct inspection *i, size_t n, struct out *o)
{
    const struct letter *l = i->letter[n];
    if (i->letters > 1 || l->bounce.kind != BOUNCE_NONE)
        out_printf(o, INK_STRONG, "%s%s\n", n > 0 ? "in it: " : "", bounce_title(l->bounce.kind));
    draw_message(&l->mail, o);
    draw_delivery(&l->bounce.delivery, o);
    if (l->bounce.kind != BOUNCE_NONE && !span_present(l->bounce.original))
        out_printf(o, INK_WARN, "the message that it is about is not in it\n");
    out_printf(o, INK_PLAIN, "\n");
    way_draw(&l->way, o);
    if (l->way.hops > 0)
        out_printf(o, INK_PLAIN, "\n");
    draw_path(&l->way, &i->viewpoint, o);
    draw_claims(&l->claims, o);
    draw_verdict(&i->judgement[n], l, o);
}

static void draw_notes(const struct inspection *i, struct out *o)
{
    if (i->viewpoint.note[0] != '\0') {
        out_printf(o, INK_WARN, "note      ");
        out_foreign(o, span_of(i->viewpoint.note));
        out_printf(o, INK_PLAIN, "\n");
    }
    if (i->viewpoint.configured && !inspection_letter(i)->way.by_site)
        out_printf(o, INK_WARN,
                   "note      it has not been at the systems of %s: others are guessed\n",
                   i->viewpoint.engine->config->file);
    if (inspection_letter(i)->bounce.attached)
        out_printf(o, INK_WARN,
                   "note      another message is attached to this one: --inner inspects that\n");
    if (i->quoted)
        out_printf(o, INK_WARN, "note      the file is no message, but quotes this one\n");
    if (i->cut)
        out_printf(o, INK_WARN, "note      only the first %d octets were read\n", MAIL_MAX);
    if (i->letter[0]->mail.more)
        out_printf(o, INK_WARN, "note      only the first message of the mailbox was read\n");
    if (i->nested)
        out_printf(o, INK_WARN, "note      there is a further message in it, deeper than %d\n",
                   INSPECT_NEST_MAX);
}

void inspect_draw(const struct inspection *i, struct out *o)
{
    for (size_t n = 0; n < i->letters; n++) {
        if (n > 0)
            out_printf(o, INK_PLAIN, "\n");
        draw_letter(i, n, o);
    }
    draw_notes(i, o);
}
