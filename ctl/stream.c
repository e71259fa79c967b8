#include "ctl/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define ID_TEXT_MAX (1 + sizeof("18446744073709551615-18446744073709551615"))

/* Part of the stream, both ends included. */
struct range {
    struct event_id first;
    struct event_id last;
};

bool stream_init(struct stream *s, struct link *link, const char *prefix)
{
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    buf_addf(&key, "%sevents", prefix);
    *s = (struct stream){ .link = link, .page = STREAM_PAGE, .key = buf_take(&key) };
    return s->key;
}

enum status stream_open(struct session *session, struct stream *s)
{
    enum status status;
    struct link *link = session_link(session, &status);
    if (!link)
        return status;
    if (stream_init(s, link, session->config->prefix))
        return STATUS_YES;
    return session_fail(session, STATUS_NO, "out of memory");
}

void stream_free(struct stream *s)
{
    free(s->key);
    *s = (struct stream){ 0 };
}

static void write_id(struct event_id id, char out[ID_TEXT_MAX])
{
    snprintf(out, ID_TEXT_MAX, "%llu-%llu", (unsigned long long)id.ms, (unsigned long long)id.seq);
}

/* The entries of the range, `most` of them. */
static struct redis_reply *ask(struct stream *s, const struct range *r, bool backward, size_t most)
{
    char first[ID_TEXT_MAX], last[ID_TEXT_MAX], count[ID_TEXT_MAX];
    write_id(r->first, first);
    write_id(r->last, last);
    snprintf(count, sizeof(count), "%zu", most);
    if (!link_connect(s->link))
        return NULL;
    return LINK_ASK(s->link, backward ? "XREVRANGE" : "XRANGE", s->key, backward ? last : first,
                    backward ? first : last, "COUNT", count);
}

/* Whether there is an entry in the range, however large. False where Redis does not say. */
static bool has_any(struct stream *s, const struct range *r, bool *any)
{
    struct redis_reply *reply = ask(s, r, false, 1);
    bool too_long = !reply && link_too_long(s->link);
    *any = too_long || redis_reply_items(reply) > 0;
    redis_reply_free(reply);
    return reply || too_long;
}

/* Sets the part of an end of the range, moved towards the other end (up, for the first one) as far
 * as the range still has an entry. */
static bool narrow(struct stream *s, const struct range *r, uint64_t *part, bool up)
{
    uint64_t low = 0, high = UINT64_MAX;
    bool any;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        *part = up ? UINT64_MAX - middle : middle;
        if (!has_any(s, r, &any))
            return false;
        if (any)
            high = middle;
        else
            low = middle + 1;
    }
    *part = up ? UINT64_MAX - high : high;
    return true;
}

/* The name of the first entry of a range that has one (backward: of the last), found without
 * reading it. */
static bool find_name(struct stream *s, struct range r, bool backward, struct event_id *out)
{
    struct event_id *end = backward ? &r.first : &r.last;
    *end = backward ? STREAM_BEGIN : STREAM_END;
    if (!narrow(s, &r, &end->ms, backward) || !narrow(s, &r, &end->seq, backward))
        return false;
    *out = *end;
    return true;
}

/* Takes the entry off the range, and all that come before it on the way. False: the range is then
 * empty. */
static bool step(struct range *r, bool backward, struct event_id at)
{
    if (event_id_compare(at, backward ? r->first : r->last) == 0)
        return false;
    if (!backward)
        r->first = (struct event_id){ at.ms + (at.seq == UINT64_MAX), at.seq + 1 };
    else
        r->last = (struct event_id){ at.ms - (at.seq == 0), at.seq - 1 };
    return true;
}

struct walk {
    struct stream *stream;
    struct range range;
    bool backward;
    struct event_id at; /* the last one that was walked over */
    bool over;
    stream_visit visit;
    void *arg;
};

static void walk_over(struct walk *w, struct event_id id)
{
    w->at = id;
    if (!step(&w->range, w->backward, id))
        w->over = true;
}

static enum status take_page(struct walk *w, const struct redis_reply *page)
{
    struct event e;
    size_t n = redis_reply_items(page);
    if (n < w->stream->page)
        w->over = true;
    for (size_t i = 0; i < n; i++) {
        if (!event_read(redis_reply_item(page, i), &e)) {
            link_fail(w->stream->link, "not an entry of a stream");
            return STATUS_UNAVAILABLE;
        }
        walk_over(w, e.id);
        if (!w->visit(w->arg, &e)) {
            w->over = true;
            return STATUS_YES;
        }
    }
    return STATUS_YES;
}

/* A page was too large: half of it; or the one entry is passed over. */
static enum status take_less(struct walk *w)
{
    struct stream *s = w->stream;
    struct event_id id;
    if (s->page > 1) {
        s->page /= 2;
        return STATUS_YES;
    }
    if (!find_name(s, w->range, w->backward, &id))
        return STATUS_UNAVAILABLE;
    s->passed++;
    s->page = STREAM_PAGE;
    walk_over(w, id);
    return STATUS_YES;
}

static enum status walk(struct walk *w)
{
    enum status status = STATUS_YES;
    while (status == STATUS_YES && !w->over) {
        struct redis_reply *page = ask(w->stream, &w->range, w->backward, w->stream->page);
        if (page)
            status = take_page(w, page);
        else
            status = link_too_long(w->stream->link) ? take_less(w) : STATUS_UNAVAILABLE;
        redis_reply_free(page);
    }
    return status;
}

enum status stream_forward(struct stream *s, struct event_id *after, stream_visit visit, void *arg)
{
    struct walk w = {
        .stream = s, .range = { *after, STREAM_END }, .at = *after, .visit = visit, .arg = arg
    };
    if (!step(&w.range, false, *after))
        return STATUS_YES;
    enum status status = walk(&w);
    *after = w.at;
    return status;
}

enum status stream_backward(struct stream *s, struct event_id least, stream_visit visit, void *arg)
{
    struct walk w = {
        .stream = s, .range = { least, STREAM_END }, .backward = true, .visit = visit, .arg = arg
    };
    return walk(&w);
}

enum status stream_newest(struct stream *s, struct event_id *out)
{
    const struct range all = { STREAM_BEGIN, STREAM_END };
    struct event e;
    struct redis_reply *reply = ask(s, &all, true, 1);
    bool good = reply || (link_too_long(s->link) && find_name(s, all, true, out));
    if (reply)
        *out = event_read(redis_reply_item(reply, 0), &e) ? e.id : STREAM_BEGIN;
    redis_reply_free(reply);
    return good ? STATUS_YES : STATUS_UNAVAILABLE;
}

void stream_tell_passed(const struct session *session, const struct stream *s)
{
    if (s->passed > 0)
        session_fail(session, STATUS_YES, "%zu entries of %s are too large and were passed over",
                     s->passed, s->key);
}
