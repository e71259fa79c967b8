#include "ctl/story.h"

#include "engine/report.h"

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
        record_set_add_decided(&s->records, e);
    return !s->failed && !s->records.failed;
}

/* What was written to a record that bears on it, or to nobody knows which. */
static bool take_change(void *arg, const struct event *e)
{
    struct story *s = arg;
    bool bears = record_set_has_changed(&s->records, e) || span_present(event_get(e, "count"));
    if (event_is_change(e) && bears && !story_has(s, e) && s->list.n < 2 * s->limit)
        s->failed = !event_list_add(&s->list, e);
    return !s->failed;
}

enum status story_gather(struct story *s, struct stream *stream, struct event_id first)
{
    if (!record_set_init(&s->records, s->prefix))
        return STATUS_NO;
    enum status status = stream_backward(stream, first, take_own, s);
    s->failed = s->failed || s->records.failed;
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
    record_set_free(&s->records);
}
