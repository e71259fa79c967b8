#include "ctl/event_print.h"

#include "base/count.h"
#include "core/decision.h"

/* Those that stand in the line without their names. */
static const char *const decision_words[] = { "action", "reason", "rcpt" };
static const char *const change_words[] = { "event", "rcpt", "group", "domain" };

static bool is_bare(struct span value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] == ' ' || value.p[i] == '"')
            return false;
    return value.n > 0;
}

void event_print_value(struct out *o, struct span value)
{
    struct span rest = value, part;
    if (is_bare(value)) {
        out_foreign(o, value);
        return;
    }
    fputc('"', o->to);
    for (bool first = true; span_split(&rest, '"', &part); first = false) {
        if (!first)
            fputs("\\\"", o->to);
        out_foreign(o, part);
    }
    fputc('"', o->to);
}

enum ink event_ink(const struct event *e)
{
    static const enum action all[] = { ACTION_LEAVE, ACTION_HERE, ACTION_DIVERT, ACTION_BOTH };
    if (event_is(e, "mode", "observe"))
        return INK_DIM;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (event_is(e, "action", action_name(all[i])))
            return event_is_trouble(e) ? INK_WARN : INK_GOOD;
    return event_is(e, "action", action_name(ACTION_DEFER)) ? INK_WARN : INK_BAD;
}

static bool is_word(const char *const *word, size_t words, struct span name)
{
    for (size_t i = 0; i < words; i++)
        if (span_eq(name, span_of(word[i])))
            return true;
    return span_eq(name, SPAN_LIT("t")) || span_eq(name, SPAN_LIT("node"));
}

static void print_words(struct out *o, const struct event *e, const char *const *word, size_t words,
                        enum ink ink)
{
    for (size_t i = 0; i < words; i++) {
        struct span value = event_get(e, word[i]);
        if (!span_present(value))
            continue;
        fputc(' ', o->to);
        if (i == 0 && is_bare(value))
            out_foreign_ink(o, ink, value);
        else
            event_print_value(o, value);
    }
}

static void print_rest(struct out *o, const struct event *e, const char *const *word, size_t words)
{
    for (size_t i = 0; i < e->fields; i++) {
        const struct event_field *f = &e->field[i];
        if (is_word(word, words, f->name) ||
            (event_is_decision(e) && span_eq(f->name, SPAN_LIT("event"))))
            continue;
        fputc(' ', o->to);
        out_foreign(o, f->name);
        fputc('=', o->to);
        event_print_value(o, f->value);
    }
}

void event_print(struct out *o, const struct event *e)
{
    char time[EVENT_TIME_MAX];
    struct span node = event_get(e, "node");
    bool decides = event_is_decision(e);
    const char *const *word = decides ? decision_words : change_words;
    size_t words = decides ? COUNT_OF(decision_words) : COUNT_OF(change_words);
    out_printf(o, INK_DIM, "%s", event_time(e->ms, time));
    fputc(' ', o->to);
    event_print_value(o, span_present(node) ? node : SPAN_LIT("-"));
    print_words(o, e, word, words, decides ? event_ink(e) : INK_STRONG);
    print_rest(o, e, word, words);
    fputc('\n', o->to);
}
