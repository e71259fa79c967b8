#include "ctl/looped_print.h"

#include "base/count.h"
#include "ctl/event_print.h"
#include "ctl/json.h"
#include "ctl/reason_text.h"

#define INDENT "    "
#define EVIDENCE_MAX 256

static void print_command(struct out *o, const struct buf *command)
{
    if (command->n > 0)
        out_printf(o, INK_STRONG, INDENT INDENT "%s\n", buf_text(command));
}

static void print_mend(struct out *o, const struct event *e, const struct looped_view *v)
{
    struct mend m;
    mend_init(&m, e, v->prefix, v->own);
    if (m.when.n > 0)
        fprintf(o->to, INDENT "%s\n", buf_text(&m.when));
    print_command(o, &m.flip);
    print_command(o, &m.redis);
    fprintf(o->to, INDENT "%s\n", mend_ok(&m) ? buf_text(&m.other) : "out of memory");
    mend_free(&m);
}

static void add_known(struct out *o, const char *before, const struct event *e, const char *field)
{
    struct span value = event_get(e, field);
    if (!span_present(value))
        return;
    fputs(before, o->to);
    event_print_value(o, value);
}

static void print_last(struct out *o, const struct event *e)
{
    const char *done = action_text_of(event_get(e, "action"));
    const char *why = reason_text_of(event_get(e, "reason"));
    fputs(INDENT, o->to);
    if (done)
        out_printf(o, event_ink(e), "%s", done);
    add_known(o, " with ", e, "reply");
    add_known(o, ", ", e, "reason");
    if (why)
        fprintf(o->to, ": %s", why);
    add_known(o, "; origin ", e, "origin");
    add_known(o, ", home ", e, "home");
    add_known(o, ", see ", e, "key");
    fputc('\n', o->to);
}

static void print_evidence(struct out *o, const struct looped_row *row)
{
    struct buf evidence;
    buf_init(&evidence, EVIDENCE_MAX);
    looped_evidence(row->evidence, &evidence);
    fprintf(o->to, INDENT "evidence %s", buf_text(&evidence));
    if (row->path)
        add_known(o, "; path ", row->path, "path");
    fputc('\n', o->to);
    buf_free(&evidence);
}

void looped_print_row(struct out *o, const struct looped_row *row, const struct looped_view *v)
{
    char first[EVENT_TIME_MAX], last[EVENT_TIME_MAX];
    out_foreign_ink(o, INK_STRONG, event_get(row->event, "rcpt"));
    if (row->count == 1)
        fprintf(o->to, "  once, %s\n", event_time(row->last_ms, last));
    else
        fprintf(o->to, "  %zu times, %s to %s\n", row->count, event_time(row->first_ms, first),
                event_time(row->last_ms, last));
    print_last(o, row->event);
    print_evidence(o, row);
    if (row->written)
        out_printf(o, INK_GOOD, INDENT "its record was written since\n");
    else
        print_mend(o, row->event, v);
}

void looped_print_event(struct out *o, const struct event *e, const struct looped_view *v)
{
    event_print(o, e);
    print_mend(o, e, v);
}

static json_t *mend_json(const struct event *e, const struct looped_view *v)
{
    struct mend m;
    mend_init(&m, e, v->prefix, v->own);
    json_t *made = mend_ok(&m) ? json_pack("{so so so so}", "flip", json_filled(buf_text(&m.flip)),
                                           "redis", json_filled(buf_text(&m.redis)), "when",
                                           json_filled(buf_text(&m.when)), "otherwise",
                                           json_filled(buf_text(&m.other)))
                               : NULL;
    mend_free(&m);
    return made;
}

static bool set_span(json_t *to, const char *name, const struct event *e, const char *field)
{
    struct span value = e ? event_get(e, field) : SPAN_ABSENT;
    return json_object_set_new(to, name, json_span(value)) == 0;
}

static bool set_evidence(json_t *to, const struct looped_row *row)
{
    struct buf text;
    struct span rest, word;
    json_t *list = json_array();
    bool good = json_object_set_new(to, "evidence", list) == 0;
    buf_init(&text, EVIDENCE_MAX);
    looped_evidence(row->evidence, &text);
    rest = row->evidence ? buf_span(&text) : SPAN_ABSENT;
    while (good && span_split(&rest, ',', &word))
        good = json_array_append_new(list, json_span(word)) == 0;
    buf_free(&text);
    return good;
}

json_t *looped_row_json(const struct looped_row *row, const struct looped_view *v)
{
    static const char *const fields[] = { "rcpt",   "action", "reason", "reply",
                                          "origin", "home",   "key",    "node" };
    json_t *root = json_pack("{sI so so sb}", "count", (json_int_t)row->count, "first",
                             event_time_json(row->first_ms), "last", event_time_json(row->last_ms),
                             "written_since", row->written);
    bool good = root && set_evidence(root, row) && set_span(root, "path", row->path, "path") &&
                json_object_set_new(root, "mend", mend_json(row->event, v)) == 0;
    for (size_t i = 0; good && i < COUNT_OF(fields); i++)
        good = set_span(root, fields[i], row->event, fields[i]);
    if (good)
        return root;
    json_decref(root);
    return NULL;
}

json_t *looped_event_json(const struct event *e, const struct looped_view *v)
{
    json_t *root = event_json(e);
    if (root && json_object_set_new(root, "mend", mend_json(e, v)) == 0)
        return root;
    json_decref(root);
    return NULL;
}
