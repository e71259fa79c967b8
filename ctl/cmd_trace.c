#include "ctl/command.h"
#include "ctl/event_query.h"
#include "ctl/json.h"
#include "ctl/options.h"
#include "ctl/story.h"

#define LIMIT_USUAL 1000

struct arguments {
    struct event_query query;
    const char *of;
};

static const struct argp_option options[] = { EVENT_QUERY_SPAN, { 0 } };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (a->of)
            argp_error(state, "one Message-ID or recipient at a time");
        a->of = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return event_query_parse(&a->query, key, arg, state);
    }
}

static enum status tell(struct session *s, const struct story *story, const struct arguments *a)
{
    if (story->cut)
        session_fail(s, STATUS_YES, "only the newest %zu; --limit for more", story->limit);
    if (story->list.n == 0 && !s->json)
        return session_fail(s, STATUS_NO, "no event tells of '%s'%s", a->of,
                            a->query.since_ms ? " since then" : "");
    if (s->json)
        return json_print(s, event_list_json(&story->list),
                          story->list.n > 0 ? STATUS_YES : STATUS_NO);
    story_print(story, &s->out);
    return STATUS_YES;
}

static enum status run(struct session *s, struct stream *stream, const struct arguments *a)
{
    struct story story = {
        .of = span_of(a->of),
        .prefix = s->config->prefix,
        .limit = a->query.limit ? a->query.limit : LIMIT_USUAL,
    };
    enum status status = story_gather(&story, stream, event_query_first(&a->query));
    if (status == STATUS_UNAVAILABLE)
        session_lost(s);
    else if (status == STATUS_NO)
        session_fail(s, status, "out of memory");
    else
        status = tell(s, &story, a);
    story_free(&story);
    return status;
}

enum status cmd_trace(struct session *s, int argc, char **argv)
{
    struct arguments a = { .of = NULL };
    struct stream stream;
    const struct options_own own = {
        .args = "MESSAGE-ID\nRCPT",
        .doc = "Tell, in order, what each node did with a message or for a recipient, and what was "
               "done to the records meanwhile.\vA Message-ID may stand with or without its angle "
               "brackets. A recipient is found as such, as where another was sent, and as whose "
               "alias another is. The newest 1000 decisions unless --limit says otherwise. The "
               "exit status is 1 where no event tells of it.",
        .option = options,
        .parse = parse,
        .input = &a,
    };
    options_parse(s, &own, argc, argv);
    enum status status = stream_open(s, &stream);
    if (status != STATUS_YES)
        return status;
    status = run(s, &stream, &a);
    stream_tell_passed(s, &stream);
    stream_free(&stream);
    return status;
}
