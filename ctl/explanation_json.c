#include "ctl/explanation_print.h"

#include "ctl/json.h"

#define TEXT_MAX 4096

static json_t *json_home(enum home h)
{
    return h == HOME_UNSET ? json_null() : json_text(home_name(h));
}

/* Adds the item to the list, or gives the list up; takes both references. */
static json_t *append(json_t *list, json_t *item)
{
    if (list && json_array_append_new(list, item) == 0)
        return list;
    if (!list)
        json_decref(item);
    json_decref(list);
    return NULL;
}

static json_t *lookup_json(const struct dry_lookup *l)
{
    const struct record *r = &l->record;
    if (l->answer != STORE_FOUND)
        return json_pack("{so so so}", "key", json_text(l->key), "answer",
                         json_text(store_answer_name(l->answer)), "why", json_filled(l->why));
    return json_pack("{so so s{so so so so so so}}", "key", json_text(l->key), "answer",
                     json_text(store_answer_name(l->answer)), "fields", "home", json_home(r->home),
                     "mode", r->mode == MODE_UNSET ? json_null() : json_text(mode_name(r->mode)),
                     "group", json_filled(r->group), "alias", json_filled(r->alias), "route",
                     json_filled(r->route), "calendar", json_home(r->calendar));
}

static json_t *lookups_json(const struct dry *d)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < d->lookups; i++)
        list = append(list, lookup_json(&d->lookup[i]));
    return list;
}

static json_t *breaker_json(const struct dry_breaker *b)
{
    if (!b->asked)
        return json_null();
    bool open = b->answer == STORE_FOUND;
    return json_pack("{sb so so so}", "open", open, "home", json_home(b->home), "until",
                     open ? json_time(b->until) : json_null(), "why", json_filled(b->why));
}

static json_t *ledger_json(const struct dry_ledger *l)
{
    if (!l->asked)
        return json_null();
    bool known = l->query.answer == STORE_FOUND;
    return json_pack("{so so so so}", "visits", known ? json_integer(l->query.visits) : json_null(),
                     "digest", json_text(l->query.visit.digest), "arrival",
                     json_filled(l->query.visit.arrival), "why", json_filled(l->why));
}

static json_t *loop_json(const struct loop *l)
{
    struct buf evidence;
    buf_init(&evidence, TEXT_MAX);
    loop_evidence_write(l->evidence, &evidence);
    json_t *made =
        json_pack("{so sI so}", "verdict", json_text(loop_verdict_name(l->verdict)), "passes",
                  (json_int_t)l->passes, "evidence", json_text(buf_text(&evidence)));
    buf_free(&evidence);
    return made;
}

static json_t *header_json(const struct explanation *x)
{
    const struct explanation_header *h = &x->header;
    if (x->at_rcpt)
        return json_null();
    return json_pack(
        "{so sI so sI sI sI so sb sb sb}", "message_id", json_text(h->message_id), "hops",
        (json_int_t)h->hops, "path", json_filled(buf_text(&h->path)), "traces",
        (json_int_t)h->traces, "older_traces", (json_int_t)h->older_traces, "forged",
        (json_int_t)h->forged, "fault",
        h->fault == TRACE_VALID ? json_null() : json_text(trace_verdict_name(h->fault)),
        "null_sender", h->null_sender, "auto_submitted", h->auto_submitted, "imip", h->imip);
}

static json_t *rule_json(const struct weighed *r, bool decides)
{
    json_t *why = json_array();
    for (size_t i = 0; why && i < r->whys; i++)
        why = append(why, json_text(r->why[i]));
    return json_pack("{so so so so so}", "rule", json_text(r->rule), "action",
                     r->named ? json_text(action_name(r->action)) : json_null(), "applies",
                     json_boolean(r->applies), "decides", json_boolean(decides), "why", why);
}

static json_t *rules_json(const struct explanation *x)
{
    json_t *list = json_array();
    for (size_t i = 0; list && x->decided && i < x->weighing.rules; i++)
        list = append(list, rule_json(&x->weighing.rule[i], i == x->weighing.decided));
    return list;
}

static json_t *edit_json(const struct edit *e)
{
    switch (e->kind) {
    case EDIT_ADD_RECIPIENT:
        return json_pack("{ss so so}", "edit", "add-recipient", "address", json_text(e->name),
                         "parameters", json_text(e->value));
    case EDIT_DELETE_RECIPIENT:
        return json_pack("{ss so}", "edit", "delete-recipient", "address", json_text(e->name));
    case EDIT_DELETE_HEADER:
        return json_pack("{ss so sI}", "edit", "delete-header", "name", json_text(e->name), "index",
                         (json_int_t)e->index);
    case EDIT_INSERT_HEADER:
        return json_pack("{ss so so}", "edit", "insert-header", "name", json_text(e->name), "value",
                         json_text(e->value));
    case EDIT_HOLD:
        break;
    }
    return json_pack("{ss so}", "edit", "hold", "why", json_text(e->value));
}

static json_t *edits_json(const struct verdict *v)
{
    json_t *list = json_array();
    for (size_t i = 0; list && v->reply.code == 0 && i < v->edits; i++)
        list = append(list, edit_json(&v->edit[i]));
    return list;
}

static json_t *reply_json(const struct explanation *x)
{
    const struct reply *r = &x->verdict.reply;
    if (r->code == 0)
        return json_null();
    return json_pack("{ss sI so so}", "at", x->at_rcpt ? "rcpt" : "end", "code",
                     (json_int_t)r->code, "status", json_text(r->status), "text",
                     json_text(r->text));
}

static json_t *log_json(const struct dry *d)
{
    json_t *list = json_array();
    struct span rest = buf_span(&d->log), line;
    while (list && rest.n > 0 && span_split(&rest, '\n', &line))
        if (line.n > 0)
            list = append(list, json_span(line));
    return list;
}

static json_t *decision_json(const struct explanation *x)
{
    const struct decision *d = &x->decision;
    if (!x->decided)
        return json_null();
    return json_pack("{so so so sb so so so so so so}", "action", json_text(action_name(d->action)),
                     "reason", json_text(reason_name(d->reason)), "route",
                     json_text(action_name(d->route)), "observed", d->observed, "home",
                     json_home(x->home), "address", json_text(x->address), "alias_of",
                     json_text(x->mailbox), "target", json_text(x->target), "record",
                     json_text(x->record), "why", json_text(x->why));
}

json_t *explanation_json(const struct explanation *x)
{
    static const char *const how[] = { "address", "none", "login", "certificate", "header" };
    return json_pack(
        "{so so so so so so so so so so so so so so so}", "rcpt", json_text(x->question.rcpt),
        "sender", json_text(x->question.sender), "origin", json_text(origin_name(x->origin)),
        "client", json_filled(x->caller.address), "told_by", json_text(how[x->caller.how]),
        "decision", decision_json(x), "reply", reply_json(x), "edits", edits_json(&x->verdict),
        "rules", rules_json(x), "records", lookups_json(x->dry), "breaker",
        breaker_json(&x->dry->breaker), "ledger", ledger_json(&x->dry->ledger), "header",
        header_json(x), "loop", loop_json(&x->loop), "log", log_json(x->dry));
}
