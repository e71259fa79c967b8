#include "ctl/change_report.h"

#include "base/count.h"
#include "ctl/interrupt.h"
#include "ctl/progress.h"
#include "ctl/stored.h"

#define EFFECTS (CHANGE_BAD + 1)

static const char *const effects[] = { "same", "new", "changed", "removed", "bad" };
_Static_assert(COUNT_OF(effects) == EFFECTS, "a name for each effect");

const char *change_effect_name(enum change_effect e)
{
    return (size_t)e < EFFECTS ? effects[e] : "?";
}

static void tell_fault(const struct session *s, const struct change *c, const char *file)
{
    if (file && c->line > 0)
        session_fail(s, STATUS_NO, "%s:%zu: %s: %s", file, c->line, c->name, c->fault);
    else
        session_fail(s, STATUS_NO, "%s %s: %s", stored_kind_name(c->kind), c->name, c->fault);
}

void change_report_faults(const struct session *s, const struct changes *c, const char *file)
{
    size_t bad = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->at[i].effect == CHANGE_BAD && bad++ < CHANGE_REPORT_FAULTS)
            tell_fault(s, &c->at[i], file);
    if (bad > CHANGE_REPORT_FAULTS)
        session_fail(s, STATUS_NO, "and %zu more", bad - CHANGE_REPORT_FAULTS);
    session_fail(s, STATUS_NO, "nothing was changed");
}

static void count_effects(const struct changes *c, size_t count[EFFECTS])
{
    for (size_t i = 0; i < c->n; i++)
        count[c->at[i].effect]++;
}

static json_t *home_json(enum home h)
{
    return h == HOME_UNSET ? json_null() : json_text(home_name(h));
}

static json_t *change_json(const struct change *c)
{
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "kind", stored_kind_name(c->kind),
                     "name", json_text(c->name), "effect", change_effect_name(c->effect), "was",
                     home_json(c->was), "home", json_filled(change_value(c, "home")), "fault",
                     json_filled(c->effect == CHANGE_BAD ? c->fault : NULL), "line",
                     c->line ? json_integer((json_int_t)c->line) : json_null());
}

json_t *change_report_json(const struct changes *c, bool dry_run)
{
    size_t count[EFFECTS] = { 0 };
    json_t *list = json_array(), *counts = json_object();
    count_effects(c, count);
    for (size_t i = 0; i < c->n; i++)
        if (json_array_append_new(list, change_json(&c->at[i])) != 0)
            break;
    for (size_t i = 0; i < EFFECTS; i++)
        json_object_set_new(counts, effects[i], json_integer((json_int_t)count[i]));
    return json_pack("{s:o, s:o, s:b}", "changes", list, "counts", counts, "dry_run", dry_run);
}

static void show_change(struct out *o, const struct change *c)
{
    const char *home = c->effect == CHANGE_NONE ? NULL : change_value(c, "home");
    out_foreign(o, span_of(c->name));
    fputs(": ", o->to);
    if (home && c->was != HOME_UNSET)
        out_printf(o, INK_PLAIN, "%s -> ", home_name(c->was));
    if (home)
        out_printf(o, INK_STRONG, "%s", home);
    else
        fputs(c->effect == CHANGE_NONE ? "is so already" : change_effect_name(c->effect), o->to);
    if (home && c->effect == CHANGE_NEW)
        out_printf(o, INK_DIM, " (a new record)");
    fputc('\n', o->to);
}

static void show_counts(struct out *o, const struct changes *c, bool dry_run)
{
    size_t count[EFFECTS] = { 0 };
    count_effects(c, count);
    out_printf(o, INK_PLAIN, "%s%zu new, %zu changed, %zu removed, %zu the same\n",
               dry_run ? "nothing was changed; would be: " : "", count[CHANGE_NEW],
               count[CHANGE_ALTERS], count[CHANGE_REMOVES], count[CHANGE_NONE]);
}

static void tell_stranded(const struct session *s, const struct change *c)
{
    if (c->kind == RECORD_DOMAIN)
        session_fail(s, STATUS_YES,
                     "note: %s has no route to the other system: from here the mail of its users "
                     "without one would be deferred, reason no-route",
                     c->name);
    else
        session_fail(s, STATUS_YES,
                     "note: %zu users of group %s, as %s, have no route to the other system, and "
                     "the domain has none: from here their mail would be deferred, reason no-route",
                     c->stranded, c->name, c->stranded_one ? c->stranded_one : "?");
}

static void tell_no_route(const struct session *s, const struct changes *c)
{
    size_t n = 0, first = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (!c->at[i].no_route || c->at[i].effect == CHANGE_NONE)
            continue;
        if (c->at[i].kind != RECORD_USER)
            tell_stranded(s, &c->at[i]);
        else if (n++ == 0)
            first = i;
    }
    if (n > 0)
        session_fail(s, STATUS_YES,
                     "note: %zu of them, as %s, have no route to the other system, and the domain "
                     "has none: from here their mail would be deferred, reason no-route",
                     n, c->at[first].name);
}

static enum status print_json(struct session *s, const struct changes *c, bool dry_run,
                              json_t *more, enum status status)
{
    json_t *report = change_report_json(c, dry_run);
    if (more)
        json_object_update(report, more);
    return json_print(s, report, status);
}

enum status change_report_refused(struct session *s, const struct changes *c, const char *file,
                                  bool dry_run, json_t *more)
{
    enum status status = STATUS_NO;
    if (s->json)
        status = print_json(s, c, dry_run, more, status);
    change_report_faults(s, c, file);
    return status;
}

static enum status print_report(struct session *s, const struct changes *c, bool dry_run,
                                json_t *more)
{
    if (s->json)
        return print_json(s, c, dry_run, more, STATUS_YES);
    for (size_t i = 0; i < c->n && (dry_run || c->n <= CHANGE_REPORT_FAULTS); i++)
        show_change(&s->out, &c->at[i]);
    if (dry_run || c->n > 1)
        show_counts(&s->out, c, dry_run);
    return STATUS_YES;
}

void change_report_untold(const struct session *s, const struct change_run *run)
{
    if (run->untold[0])
        session_fail(s, STATUS_YES,
                     "note: %zu records were written, but the events do not tell of all: %s. If "
                     "%sevents is no stream, remove it: redis-cli DEL %sevents",
                     run->done, run->untold, run->config->prefix, run->config->prefix);
}

static enum status tell_end(const struct session *s, const struct change_run *run,
                            enum status status)
{
    if (status == STATUS_UNAVAILABLE)
        return session_fail(s, status, "%s: %s; %zu records were written: run it again",
                            link_server(run->link), link_why(run->link), run->done);
    if (status == STATUS_NO || run->stopped)
        return session_fail(s, STATUS_NO, "%s; %zu records were written: run it again",
                            run->stopped ? "interrupted"
                                         : "a record was changed meanwhile so that it would be bad",
                            run->done);
    return status;
}

static enum status apply(const struct session *s, const struct change_run *run, struct changes *c)
{
    struct progress bar;
    struct change_run shown = *run;
    progress_begin(&bar, run->event);
    shown.progress = progress_show;
    shown.arg = &bar;
    shown.stop = interrupt_watch();
    enum status status = change_apply(&shown, c);
    progress_end(&bar);
    change_report_untold(s, &shown);
    return tell_end(s, &shown, status);
}

enum status change_report_run(struct session *s, struct change_run *run, struct changes *c,
                              bool dry_run, json_t *more)
{
    enum status status = change_check(run, c);
    if (status == STATUS_UNAVAILABLE)
        return session_lost(s);
    if (status == STATUS_NO)
        return change_report_refused(s, c, run->file, dry_run, more);
    tell_no_route(s, c);
    if (!dry_run)
        status = apply(s, run, c);
    return status == STATUS_YES ? print_report(s, c, dry_run, more) : status;
}
