#include "ctl/story.h"

#include "engine/report.h"
#include "state/record.h"

static struct span without_brackets(struct span id)
{
    if (id.n > 0 && id.p[0] == '<')
        id = span_from(id, 1);
    if (id.n > 0 && id.p[id.n - 1] == '>')
        id.n--;
    return id;
}

/* An event has the beginning of a long one only, brackets included. */
static bool same_message(struct span of, struct span told)
{
    bool cut = told.n == REPORT_MESSAGE_ID_MAX;
    struct span a = without_brackets(of), b = without_brackets(told);
    if (cut && a.n > b.n)
        a.n = b.n;
    return span_present(told) && b.n > 0 && span_eq(a, b);
}

static bool same_address(struct span of, const struct event *e, const char *field)
{
    struct span told = event_get(e, field);
    return span_present(told) && span_ieq(without_brackets(of), told);
}

bool story_has(const struct story *s, const struct event *e)
{
    if (!event_is_decision(e))
        return event_is_change(e) && same_address(s->of, e, "rcpt");
    return same_message(s->of, event_get(e, "msgid")) || same_address(s->of, e, "rcpt") ||
           same_address(s->of, e, "to") || same_address(s->of, e, "alias-of");
}

static bool write_key(const struct story *s, enum record_kind kind, struct span name,
                      struct buf *key)
{
    buf_init(key, RECORD_KEY_MAX);
    if (span_present(name) && record_key(span_of(s->prefix), kind, name, key))
        return true;
    buf_free(key);
    return false;
}

static void learn_user(struct story *s, struct span name)
{
    struct buf key;
    bool before;
    if (!write_key(s, RECORD_USER, name, &key))
        return;
    s->failed = s->failed || !seen_add(&s->keys, buf_span(&key), &before);
    buf_free(&key);
}

/* The records that were looked at for it, as far as it tells. */
static void learn(struct story *s, const struct event *e)
{
    struct span key = event_get(e, "key");
    bool before;
    learn_user(s, event_get(e, "rcpt"));
    learn_user(s, event_get(e, "alias-of"));
    if (span_present(key))
        s->failed = s->failed || !seen_add(&s->keys, key, &before);
}

static bool take_own(void *arg, const struct event *e)
{
    struct story *s = arg;
    if (!story_has(s, e))
        return true;
    s->cut = s->list.n == s->limit;
    if (s->cut)
        return false;
    s->failed = !event_list_add(&s->list, e);
    if (event_is_decision(e))
        learn(s, e);
    return !s->failed;
}

static bool is_known(const struct story *s, enum record_kind kind, struct span name)
{
    struct buf key;
    if (!write_key(s, kind, name, &key))
        return false;
    bool known = seen_has(&s->keys, buf_span(&key));
    buf_free(&key);
    return known;
}

/* What was written to a record that bears on it, or to nobody knows which. */
static bool take_change(void *arg, const struct event *e)
{
    struct story *s = arg;
    bool bears = is_known(s, RECORD_USER, event_get(e, "rcpt")) ||
                 is_known(s, RECORD_GROUP, event_get(e, "group")) ||
                 is_known(s, RECORD_DOMAIN, event_get(e, "domain")) ||
                 span_present(event_get(e, "count"));
    if (event_is_change(e) && bears && !story_has(s, e) && s->list.n < 2 * s->limit)
        s->failed = !event_list_add(&s->list, e);
    return !s->failed;
}

enum status story_gather(struct story *s, struct stream *stream, struct event_id first)
{
    if (!seen_init(&s->keys))
        return STATUS_NO;
    enum status status = stream_backward(stream, first, take_own, s);
    if (status == STATUS_YES && !s->failed && s->list.n > 0) {
        /* The list is newest first as yet. */
        struct event_id after = s->list.at[s->list.n - 1]->id;
        status = stream_forward(stream, &after, take_change, s);
    }
    event_list_sort(&s->list);
    return s->failed ? STATUS_NO : status;
}

void story_free(struct story *s)
{
    event_list_free(&s->list);
    seen_free(&s->keys);
}
