#include "ctl/command.h"
#include "ctl/event_list.h"
#include "ctl/event_print.h"
#include "ctl/event_query.h"
#include "ctl/follow.h"
#include "ctl/json.h"
#include "ctl/options.h"

#define LIMIT_USUAL 100

struct run {
    struct session *session;
    struct event_query query;
    struct event_list list;
    size_t told;
    bool failed; /* no memory */
};

static const struct argp_option options[] = {
    EVENT_QUERY_FOLLOW, EVENT_QUERY_FILTERS, EVENT_QUERY_SPAN, { 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    return event_query_parse(&((struct run *)state->input)->query, key, arg, state);
}

static bool keep(void *arg, const struct event *e)
{
    struct run *r = arg;
    if (!event_query_takes(&r->query, e))
        return true;
    r->failed = !event_list_add(&r->list, e);
    return !r->failed && r->list.n < r->query.limit;
}

static bool tell(void *arg, const struct event *e)
{
    struct run *r = arg;
    if (!event_query_takes(&r->query, e))
        return true;
    r->told++;
    if (r->session->json && !json_print_line(r->session, event_json(e)))
        return false;
    if (!r->session->json)
        event_print(&r->session->out, e);
    return r->query.limit == 0 || r->told < r->query.limit;
}

static enum status print(struct run *r)
{
    enum status status = r->list.n > 0 ? STATUS_YES : STATUS_NO;
    event_list_sort(&r->list);
    if (r->session->json)
        return json_print(r->session, event_list_json(&r->list), status);
    for (size_t i = 0; i < r->list.n; i++)
        event_print(&r->session->out, r->list.at[i]);
    return status;
}

static enum status list(struct run *r, struct stream *stream)
{
    if (r->query.limit == 0)
        r->query.limit = LIMIT_USUAL;
    enum status status = stream_backward(stream, event_query_first(&r->query), keep, r);
    if (r->failed)
        status = session_fail(r->session, STATUS_NO, "out of memory");
    else if (status == STATUS_YES)
        status = print(r);
    else
        status = session_lost(r->session);
    event_list_free(&r->list);
    return status;
}

static enum status follow(struct run *r, struct stream *stream)
{
    struct event_id after = event_query_before(&r->query);
    if (r->query.since_ms == 0 && stream_newest(stream, &after) != STATUS_YES)
        return session_lost(r->session);
    return follow_run(r->session, stream, after, tell, r);
}

enum status cmd_events(struct session *s, int argc, char **argv)
{
    struct run r = { .session = s };
    struct stream stream;
    enum status status;
    const struct options_own own = {
        .doc = "Print what the nodes have decided and what was done to records, as their stream of "
               "events has it.\vThe newest 100 that match, oldest first, unless --limit says "
               "otherwise. With --follow, those from --since or from now on, until --limit, "
               "interrupted, or nobody reads any more. The exit status is 1 where there is none.",
        .option = options,
        .parse = parse,
        .input = &r,
    };
    options_parse(s, &own, argc, argv);
    status = stream_open(s, &stream);
    if (status != STATUS_YES)
        return status;
    status = r.query.follow ? follow(&r, &stream) : list(&r, &stream);
    stream_tell_passed(s, &stream);
    stream_free(&stream);
    return status;
}
