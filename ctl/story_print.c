#include "ctl/story.h"

#include "ctl/event_print.h"
#include "ctl/reason_text.h"

#define INDENT "    "

static void add(struct out *o, const char *before, struct span value)
{
    fputs(before, o->to);
    event_print_value(o, value);
}

static void add_known(struct out *o, const char *before, const struct event *e, const char *field)
{
    struct span value = event_get(e, field);
    if (span_present(value))
        add(o, before, value);
}

/* When, where, and under which queue id. */
static void print_head(struct out *o, const struct event *e)
{
    char time[EVENT_TIME_MAX];
    struct span queue = event_get(e, "queue");
    out_printf(o, INK_DIM, "%s", event_time(e->ms, time));
    add_known(o, "  ", e, "node");
    if (queue.n > 0)
        add(o, "  ", queue);
    if (event_is(e, "at", "rcpt"))
        fputs("  at RCPT", o->to);
    add_known(o, "  by ", e, "by");
    fputc('\n', o->to);
}

static void print_action(struct out *o, const struct event *e)
{
    struct span action = event_get(e, "action");
    const char *text = action_text_of(action);
    if (text)
        out_printf(o, event_ink(e), "%s", text);
    else
        add(o, "", span_present(action) ? action : SPAN_LIT("?"));
    add_known(o, " as ", e, "to");
    add_known(o, " with ", e, "reply");
    if (event_is(e, "mode", "observe"))
        out_printf(o, INK_DIM, " (only observed: nothing was done)");
    fputc('\n', o->to);
}

static void print_reason(struct out *o, const struct event *e)
{
    struct span reason = event_get(e, "reason");
    const char *text = reason_text_of(reason);
    if (!span_present(reason))
        return;
    add(o, INDENT, reason);
    if (text)
        fprintf(o->to, ": %s", text);
    add_known(o, "; see ", e, "key");
    add_known(o, ": ", e, "why");
    fputc('\n', o->to);
}

/* What only some decisions have. */
static void print_evidence(struct out *o, const struct event *e)
{
    if (span_present(event_get(e, "alias-of"))) {
        add_known(o, INDENT "an alias of ", e, "alias-of");
        fputc('\n', o->to);
    }
    if (span_present(event_get(e, "path"))) {
        add_known(o, INDENT "path ", e, "path");
        add_known(o, "; loop ", e, "loop");
        add_known(o, ", passes ", e, "passes");
        add_known(o, ", by ", e, "evidence");
        fputc('\n', o->to);
    }
    if (span_present(event_get(e, "stale"))) {
        add_known(o, INDENT "by what was remembered while Redis was away, seconds: ", e, "stale");
        fputc('\n', o->to);
    }
}

static void print_decision(struct out *o, const struct event *e)
{
    struct span rcpt = event_get(e, "rcpt");
    fputs(INDENT, o->to);
    if (span_present(rcpt))
        out_foreign_ink(o, INK_STRONG, rcpt);
    add_known(o, ", from ", e, "origin");
    add_known(o, ", home ", e, "home");
    fputs(": ", o->to);
    print_action(o, e);
    print_reason(o, e);
    print_evidence(o, e);
}

static void print_home(struct out *o, struct span home)
{
    if (home.n > 0)
        event_print_value(o, home);
    else
        fputs("none", o->to);
}

static void print_change(struct out *o, const struct event *e)
{
    fputs(INDENT, o->to);
    out_foreign_ink(o, INK_STRONG, event_get(e, "event"));
    add_known(o, " ", e, "rcpt");
    add_known(o, " group ", e, "group");
    add_known(o, " domain ", e, "domain");
    add_known(o, ", records written: ", e, "count");
    if (span_present(event_get(e, "home"))) {
        fputs(": home ", o->to);
        print_home(o, event_get(e, "was"));
        fputs(" -> ", o->to);
        print_home(o, event_get(e, "home"));
    } else {
        add_known(o, ": ", e, "change");
    }
    fputc('\n', o->to);
}

void story_print(const struct story *s, struct out *o)
{
    for (size_t i = 0; i < s->list.n; i++) {
        const struct event *e = s->list.at[i];
        print_head(o, e);
        if (event_is_decision(e))
            print_decision(o, e);
        else
            print_change(o, e);
    }
}
