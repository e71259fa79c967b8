#include "ctl/explanation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fields.h"
#include "sys/clock.h"

#define PATH_TEXT_MAX 1024
#define PATH_VISITS_TOLD 12
#define VALUE_MAX 102400 /* of a field, as Postfix cuts it */
#define QUEUE_ID "EXPLAIN"

static void copy(struct explanation *x, char **to, const char *text)
{
    free(*to);
    *to = text ? strdup(text) : NULL;
    x->failed = x->failed || (text && !*to);
}

static void take_header(struct explanation *x, const struct message_decided *d)
{
    struct explanation_header *h = &x->header;
    copy(x, &h->message_id, d->facts->message_id);
    h->hops = d->facts->hops_total;
    h->traces = d->facts->traces;
    h->older_traces = d->facts->others;
    h->forged = d->facts->forged;
    h->fault = d->facts->trace_fault;
    buf_clear(&h->path);
    path_write(d->path, PATH_VISITS_TOLD, &h->path);
}

static void take_decided(void *arg, const struct message_decided *d)
{
    struct explanation *x = arg;
    const struct recipient *r = d->recipient;
    x->decided = !r->unreadable;
    x->origin = d->origin;
    x->decided_from = d->input.origin;
    x->decision = r->decision;
    decision_weigh(&d->input, &x->weighing);
    x->state = r->state;
    x->home = r->home;
    copy(x, &x->address, r->address.key);
    copy(x, &x->mailbox, r->mailbox);
    copy(x, &x->target, r->target);
    copy(x, &x->record, r->key);
    copy(x, &x->why, r->why);
    x->remembered = r->remembered;
    x->loop = r->loop;
    x->header.null_sender = d->input.null_sender;
    x->header.auto_submitted = d->input.auto_submitted;
    x->header.imip = d->input.imip;
    if (d->facts)
        take_header(x, d);
}

/* As an MTA hands it over: without the one blank behind the colon, lines joined by LF. */
static void put_field(struct message *m, const struct field *f, struct buf *room)
{
    struct span value = f->value, line;
    if (value.n > 0 && value.p[0] == ' ')
        value = span_from(value, 1);
    if (value.n > VALUE_MAX)
        value.n = VALUE_MAX;
    buf_clear(room);
    for (bool first = true; span_split(&value, '\n', &line); first = false) {
        if (!first)
            buf_addc(room, '\n');
        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        buf_add(room, line);
    }
    if (buf_ok(room))
        message_header(m, f->name, buf_span(room));
}

static void put_header(struct explanation *x, struct message *m)
{
    const struct engine *e = x->dry->engine;
    const struct identify *peer = &e->identify[system_other(e->config->node)];
    struct span rest = x->question.header;
    struct field f;
    struct buf room;
    if (x->caller.how == CALLER_HEADER)
        message_header(m, peer->header, peer->value);
    buf_init(&room, VALUE_MAX);
    while (field_take(&rest, &f))
        put_field(m, &f, &room);
    x->failed = x->failed || !buf_ok(&room);
    buf_free(&room);
}

static void write_path(struct buf *out, const char *address)
{
    bool bare = address[0] != '<';
    buf_addf(out, "%s%s%s", bare ? "<" : "", address, bare ? ">" : "");
}

/* From MAIL to the end of the message, or to a recipient that is refused. */
static void run(struct explanation *x, struct message *m)
{
    struct buf rcpt;
    buf_init(&rcpt, RECORD_KEY_MAX);
    write_path(&rcpt, x->question.rcpt);
    message_watch(m, take_decided, x);
    message_recipient(m, buf_ok(&rcpt) ? buf_span(&rcpt) : span_of(x->question.rcpt), SPAN_LIT(""),
                      QUEUE_ID, &x->verdict.reply);
    buf_free(&rcpt);
    x->at_rcpt = x->verdict.reply.code != 0;
    if (x->at_rcpt)
        return;
    put_header(x, m);
    message_end(m, QUEUE_ID, clock_utc(), &x->verdict);
}

bool explanation_make(struct explanation *x, struct dry *dry, const struct caller *caller,
                      const struct explanation_question *question)
{
    struct buf sender;
    *x = (struct explanation){ .dry = dry, .caller = *caller, .question = *question };
    buf_init(&x->header.path, PATH_TEXT_MAX);
    buf_init(&sender, RECORD_KEY_MAX);
    write_path(&sender, question->sender);
    struct message *m =
        buf_ok(&sender) ? message_new(dry->engine, &caller->client, buf_span(&sender)) : NULL;
    if (m)
        run(x, m);
    message_free(m);
    buf_free(&sender);
    return m && !x->failed;
}

void explanation_free(struct explanation *x)
{
    verdict_free(&x->verdict);
    free(x->address);
    free(x->mailbox);
    free(x->target);
    free(x->record);
    free(x->why);
    free(x->header.message_id);
    buf_free(&x->header.path);
    *x = (struct explanation){ 0 };
}

enum status explanation_status(const struct explanation *x)
{
    if (dry_unavailable(x->dry))
        return STATUS_UNAVAILABLE;
    if (x->verdict.reply.code != 0 || !x->decided)
        return STATUS_NO;
    if (x->decision.observed)
        return STATUS_YES;
    bool ours = x->decision.action != ACTION_LEAVE;
    return ours && action_goes_on(x->decision.action) ? STATUS_YES : STATUS_NO;
}
