#include "ctl/inspect.h"

#include "core/header.h"

#define PATH_TEXT_MAX ((SITE_HOST_MAX + 64) * (PATH_VISITS_MAX + 1))
#define SENTENCE_MAX 2048

/* A value without its folding; null where it is absent. */
static json_t *json_unfolded(struct span value)
{
    struct buf text;
    if (!span_present(value))
        return json_null();
    buf_init(&text, MAIL_MAX);
    header_unfold(value, &text);
    json_t *made = buf_ok(&text) ? json_span(buf_span(&text)) : NULL;
    buf_free(&text);
    return made;
}

static json_t *json_number(size_t n)
{
    return json_integer((json_int_t)n);
}

/* Appends and takes the item; false without memory. */
static bool append(json_t *array, json_t *item)
{
    return json_array_append_new(array, item) == 0;
}

static json_t *hop_json(const struct way *w, size_t i)
{
    const struct received *r = &w->received[i];
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "from_helo",
                     json_unfolded(r->from_helo), "from_rdns", json_unfolded(r->from_rdns),
                     "from_ip", json_unfolded(r->from_ip), "by", json_unfolded(r->by), "with",
                     json_unfolded(r->with), "id", json_unfolded(r->id), "for",
                     json_unfolded(r->for_), "time", r->has_time ? json_time(r->time) : json_null(),
                     "system", json_text(w->hop[i].system), "parsed", (int)r->parsed);
}

static json_t *hops_json(const struct way *w)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < w->hops; i++)
        if (!append(array, hop_json(w, i))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

/* Seconds that each hop took since the one before it, in the order of the hops. */
static json_t *delays_json(const struct way *w)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < w->hops; i++)
        if (!append(array, w->hop[i].has_delay ? json_integer(w->hop[i].delay) : json_null())) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *claim_json(const struct claim *c)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "pass",
        c->has_pass ? json_number((size_t)c->pass) : json_null(), "id", json_span(c->id), "node",
        json_span(c->node), "system", json_span(c->system), "origin", json_span(c->origin), "time",
        c->has_time ? json_time(c->time) : json_null(), "verified", claim_verdict_name(c->verdict),
        "to_peer", json_number(c->to_peer), "kept", json_number(c->kept), "would_go",
        json_number(c->would_go), "key", json_span(c->key_name));
}

static json_t *claims_json(const struct claims *c)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < c->claims; i++)
        if (!append(array, claim_json(&c->claim[i]))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *path_json(const struct way *w, const struct viewpoint *v)
{
    struct buf text;
    buf_init(&text, PATH_TEXT_MAX);
    way_write_path(w, v, &text);
    json_t *made = text.n > 0 ? json_span(buf_span(&text)) : json_null();
    buf_free(&text);
    return made;
}

static json_t *summary_json(const struct judgement *j, const struct letter *l)
{
    struct buf text;
    buf_init(&text, SENTENCE_MAX);
    judgement_write(j, l, &text);
    json_t *made = json_span(buf_span(&text));
    buf_free(&text);
    return made;
}

static json_t *evidence_json(const struct judgement *j)
{
    struct buf text;
    buf_init(&text, SENTENCE_MAX);
    loop_evidence_write(j->evidence, &text);
    json_t *made = j->evidence ? json_span(buf_span(&text)) : json_null();
    buf_free(&text);
    return made;
}

/* What is told of each message, be it the one that is meant or a bounce around it. */
static json_t *letter_json(const struct inspection *i, size_t n)
{
    const struct letter *l = i->letter[n];
    const struct judgement *j = &i->judgement[n];
    const struct mail *m = &l->mail;
    return json_pack(
        "{s:o, s:o, s:I, s:o, s:s, s:o, s:o, s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:o, "
        "s:o}",
        "hops", hops_json(&l->way), "path", path_json(&l->way, &i->viewpoint), "crossings",
        (json_int_t)l->way.crossings, "traces", claims_json(&l->claims), "verdict",
        loop_verdict_name(j->verdict), "summary", summary_json(j, l), "evidence", evidence_json(j),
        "visits", (json_int_t)j->visits, "system", json_text(j->system), "other",
        json_text(j->other), "hops_total", (json_int_t)l->way.total, "delays", delays_json(&l->way),
        "message_id", json_unfolded(mail_field(m, "Message-ID")), "subject",
        json_unfolded(mail_field(m, "Subject")), "from", json_unfolded(mail_field(m, "From")), "to",
        json_unfolded(mail_field(m, "To")));
}

static json_t *recipients_json(const struct delivery *d)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < d->recipients; i++) {
        const struct delivery_recipient *r = &d->recipient[i];
        json_t *item = json_pack(
            "{s:o, s:o, s:o, s:o, s:o, s:o}", "original_recipient", json_unfolded(r->original),
            "final_recipient", json_unfolded(r->final), "action", json_unfolded(r->action),
            "status", json_unfolded(r->status), "remote_mta", json_unfolded(r->remote_mta),
            "diagnostic_code", json_unfolded(r->diagnostic));
        if (!append(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* Adds what a bounce says to what is told of it as a message. */
static bool add_bounce(json_t *object, const struct bounce *b)
{
    const struct delivery *d = &b->delivery;
    bool lost = !span_present(b->original);
    return json_object_set_new(object, "kind", json_text(bounce_kind_name(b->kind))) == 0 &&
           json_object_set_new(object, "reporting_mta", json_unfolded(d->reporting_mta)) == 0 &&
           json_object_set_new(object, "arrival_date", json_unfolded(d->arrival_date)) == 0 &&
           json_object_set_new(object, "recipients", recipients_json(d)) == 0 &&
           json_object_set_new(object, "recipients_total", json_number(d->total)) == 0 &&
           json_object_set_new(object, "original",
                               lost ? json_null()
                                    : json_text(b->header_only ? "header" : "message")) == 0;
}

/* The message with the bounces around it, the outermost the deepest: `bounce` is null for it. */
json_t *inspect_json(const struct inspection *i)
{
    json_t *outer = json_null();
    json_t *object = NULL;
    for (size_t n = 0; n < i->letters; n++) {
        const struct bounce *b = &i->letter[n]->bounce;
        bool wraps = b->kind != BOUNCE_NONE;
        object = letter_json(i, n);
        bool good = json_object_set_new(object, "bounce", outer) == 0;
        outer = object;
        if (!good || (wraps && !add_bounce(object, b))) {
            json_decref(object);
            return NULL;
        }
    }
    bool by_site = inspection_letter(i)->way.by_site;
    if (json_object_set_new(object, "configured", json_boolean(by_site)) != 0 ||
        json_object_set_new(object, "cut", json_boolean(i->cut)) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}
