#include "ctl/command.h"
#include "ctl/event_query.h"
#include "ctl/follow.h"
#include "ctl/json.h"
#include "ctl/looped_print.h"
#include "ctl/options.h"

#define LIMIT_USUAL 100

struct run {
    struct session *session;
    struct event_query query;
    struct looped_view view;
    struct looped looped;
    size_t told;
};

static const struct argp_option options[] = {
    EVENT_QUERY_FOLLOW, EVENT_QUERY_FILTERS, EVENT_QUERY_SPAN, { 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    return event_query_parse(&((struct run *)state->input)->query, key, arg, state);
}

static bool gather(void *arg, const struct event *e)
{
    struct run *r = arg;
    if (event_is_change(e) || event_query_takes(&r->query, e))
        looped_add(&r->looped, e);
    return !r->looped.failed;
}

static bool tell(void *arg, const struct event *e)
{
    struct run *r = arg;
    struct session *s = r->session;
    if (!event_is_trouble(e) || !event_query_takes(&r->query, e))
        return true;
    r->told++;
    if (s->json && !json_print_line(s, looped_event_json(e, &r->view)))
        return false;
    if (!s->json)
        looped_print_event(&s->out, e, &r->view);
    return r->query.limit == 0 || r->told < r->query.limit;
}

static enum status print_json(struct run *r, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++)
        if (json_array_append_new(list, looped_row_json(r->looped.row[i], &r->view)) != 0) {
            json_decref(list);
            list = NULL;
        }
    return json_print(r->session, list, r->looped.rows > 0 ? STATUS_YES : STATUS_NO);
}

static enum status print(struct run *r)
{
    struct looped *l = &r->looped;
    size_t limit = r->query.limit ? r->query.limit : LIMIT_USUAL;
    size_t n = l->rows < limit ? l->rows : limit;
    if (!looped_sort(l))
        return session_fail(r->session, STATUS_NO, "out of memory");
    if (l->rows > n)
        session_fail(r->session, STATUS_YES, "only %zu of %zu recipients; --limit for more", n,
                     l->rows);
    if (l->others > 0)
        session_fail(r->session, STATUS_YES, "%zu older events are of further recipients",
                     l->others);
    if (r->session->json)
        return print_json(r, n);
    for (size_t i = 0; i < n; i++)
        looped_print_row(&r->session->out, l->row[i], &r->view);
    return l->rows > 0 ? STATUS_YES : STATUS_NO;
}

static enum status list(struct run *r, struct stream *stream)
{
    if (!looped_init(&r->looped, r->view.prefix))
        return session_fail(r->session, STATUS_NO, "no random octets");
    enum status status = stream_backward(stream, event_query_first(&r->query), gather, r);
    status = status == STATUS_YES ? print(r) : session_lost(r->session);
    looped_free(&r->looped);
    return status;
}

static enum status follow(struct run *r, struct stream *stream)
{
    struct event_id after = event_query_before(&r->query);
    if (r->query.since_ms == 0 && stream_newest(stream, &after) != STATUS_YES)
        return session_lost(r->session);
    return follow_run(r->session, stream, after, tell, r);
}

enum status cmd_loops(struct session *s, int argc, char **argv)
{
    struct run r = { .session = s };
    struct stream stream;
    const struct options_own own = {
        .doc = "Print what looped or conflicted, by recipient, and what would mend it.\vThe 100 "
               "recipients that did last, unless --limit says otherwise, by all events that there "
               "are or those from --since. With --follow, each event as it comes. The exit status "
               "is 1 where there is none.",
        .option = options,
        .parse = parse,
        .input = &r,
    };
    options_parse(s, &own, argc, argv);
    enum status status = stream_open(s, &stream);
    if (status != STATUS_YES)
        return status;
    r.view = (struct looped_view){ s->config->prefix, s->config->node };
    status = r.query.follow ? follow(&r, &stream) : list(&r, &stream);
    stream_tell_passed(s, &stream);
    stream_free(&stream);
    return status;
}
