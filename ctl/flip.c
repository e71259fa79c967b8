#include "ctl/flip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/change_judge.h"
#include "ctl/change_report.h"
#include "ctl/change_run.h"
#include "ctl/scan.h"
#include "ctl/seen.h"
#include "ctl/subject.h"
#include "ctl/text_file.h"

static enum status add(struct session *s, struct flip *f, enum record_kind kind, const char *name,
                       size_t line)
{
    struct change *c = changes_add(&f->changes, kind, span_of(name));
    if (!c || !change_set(c, "home", span_of(home_name(f->to))))
        return session_fail(s, STATUS_NO, "out of memory");
    c->line = line;
    return STATUS_YES;
}

static enum status refuse_line(struct session *s, struct flip *f, size_t line, const char *fault)
{
    if (!f->bad_lines)
        f->bad_lines = json_array();
    json_array_append_new(
        f->bad_lines, json_pack("{s:I, s:o}", "line", (json_int_t)line, "fault", json_text(fault)));
    return session_fail(s, STATUS_USAGE, "%s:%zu: %s", f->file, line, fault);
}

enum status flip_add_user(struct session *s, struct flip *f, struct span text, size_t line)
{
    char fault[RECORD_FAULT_MAX];
    char *name = subject_name_to_write(RECORD_USER, text, fault);
    if (!name && line > 0)
        return refuse_line(s, f, line, fault);
    if (!name)
        return session_fail(s, STATUS_USAGE, "%s", fault);
    enum status status = add(s, f, RECORD_USER, name, line);
    free(name);
    return status;
}

enum status flip_add_group(struct session *s, struct flip *f, const char *group)
{
    f->group = group;
    return add(s, f, RECORD_GROUP, group, 0);
}

static enum status read_lines(struct session *s, struct flip *f, struct span rest)
{
    struct span line;
    size_t number = 0, bad = 0;
    while (text_line(&rest, &line)) {
        number++;
        line = span_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        enum status added = flip_add_user(s, f, line, number);
        if (added == STATUS_NO)
            return added;
        bad += added == STATUS_USAGE;
        if (bad == FLIP_FAULTS_MAX)
            break;
    }
    if (bad > 0)
        return session_fail(s, STATUS_USAGE, "nothing was changed");
    return STATUS_YES;
}

enum status flip_add_file(struct session *s, struct flip *f, const char *file)
{
    char error[TEXT_FILE_ERROR_MAX];
    struct text_file text;
    enum status status = STATUS_YES;
    if (text_file_read(&text, file, FLIP_FILE_MAX, error)) {
        f->file = text.name;
        status = read_lines(s, f, text.text);
    } else {
        session_fail(s, STATUS_USAGE, "%s", error);
        status = session_fail(s, STATUS_USAGE, "nothing was changed");
    }
    if (status == STATUS_YES && f->changes.n == 0)
        status = session_fail(s, STATUS_USAGE, "%s: names nobody", f->file);
    text_file_free(&text);
    return status;
}

/* Who is named twice is flipped once. */
static bool drop_doubles(struct flip *f)
{
    struct seen seen;
    struct changes once = { 0 };
    bool good = seen_init(&seen);
    for (size_t i = 0; good && i < f->changes.n; i++) {
        struct change *c = &f->changes.at[i];
        bool before = false;
        good = seen_add(&seen, span_of(c->name), &before);
        f->doubles += before;
        if (!good || before)
            continue;
        struct change *kept = changes_add(&once, c->kind, span_of(c->name));
        good = kept && change_set(kept, "home", span_of(home_name(f->to)));
        if (kept)
            kept->line = c->line;
    }
    seen_free(&seen);
    changes_free(&f->changes);
    f->changes = once;
    return good;
}

struct members {
    const char *group;
    size_t all;
    size_t own; /* with a home of their own */
    char *first;
};

static bool count_member(void *arg, const struct scanned *r)
{
    struct members *m = arg;
    if (!r->good || strcmp(r->record->group, m->group) != 0)
        return true;
    m->all++;
    if (r->record->home == HOME_UNSET)
        return true;
    m->own++;
    if (!m->first)
        m->first = strndup(r->name.p, r->name.n);
    return true;
}

static bool see_record(void *arg, const struct scanned *r)
{
    (void)arg;
    (void)r;
    return true;
}

/* Who is in the group. One that nobody is in, and that has no record, is a slip of the pen:
 * STATUS_NO after refusing it, or its users would stay where they are and nobody be told. */
static enum status see_group(struct session *s, struct flip *f, struct members *m)
{
    const char *prefix = session_config(s)->prefix;
    m->group = f->group;
    enum status status = scan_records(s->link, prefix, RECORD_USER, count_member, m);
    if (status == STATUS_YES && m->all == 0)
        status = scan_one(s->link, prefix, RECORD_GROUP, span_of(f->group), see_record, NULL);
    if (status == STATUS_UNAVAILABLE)
        return session_lost(s);
    if (status == STATUS_NO && !change_refuse(&f->changes.at[0],
                                              "there is no such group: coexistctl group set %s "
                                              "home=%s makes one",
                                              f->group, home_name(f->to)))
        return session_fail(s, STATUS_UNAVAILABLE, "out of memory");
    return status;
}

static json_t *members_json(const struct members *m)
{
    return json_pack("{s:{s:I, s:I, s:o}}", "members", "users", (json_int_t)m->all, "own_home",
                     (json_int_t)m->own, "first", json_filled(m->first));
}

static void tell_members(struct session *s, const struct members *m)
{
    if (!s->json)
        out_printf(&s->out, INK_PLAIN, "users in the group: %zu\n", m->all);
    if (m->own > 0)
        session_fail(s, STATUS_YES,
                     "note: %zu of them, as %s, have a home of their own, which counts before the "
                     "group's",
                     m->own, m->first ? m->first : "?");
}

static enum status run_group(struct session *s, struct flip *f, struct change_run *run,
                             bool dry_run)
{
    struct members m = { 0 };
    enum status status = see_group(s, f, &m);
    json_t *more = s->json ? members_json(&m) : NULL;
    if (status == STATUS_NO)
        status = change_report_refused(s, &f->changes, NULL, dry_run, more);
    else if (status == STATUS_YES)
        status = change_report_run(s, run, &f->changes, dry_run, more);
    if (status == STATUS_YES)
        tell_members(s, &m);
    json_decref(more);
    free(m.first);
    return status;
}

static enum status run_users(struct session *s, struct flip *f, struct change_run *run,
                             bool dry_run)
{
    json_t *more = s->json && f->file ? json_pack("{s:[]}", "faults") : NULL;
    enum status status = change_report_run(s, run, &f->changes, dry_run, more);
    json_decref(more);
    return status;
}

enum status flip_run(struct session *s, struct flip *f, bool dry_run)
{
    enum status status;
    struct change_run run = {
        .config = session_config(s), .event = "flip", .each = true, .file = f->file
    };
    if (!drop_doubles(f))
        return session_fail(s, STATUS_NO, "out of memory");
    run.link = session_link(s, &status);
    if (!run.link)
        return status;
    return f->group ? run_group(s, f, &run, dry_run) : run_users(s, f, &run, dry_run);
}

enum status flip_tell_bad_lines(struct session *s, const struct flip *f, bool dry_run)
{
    const struct changes none = { 0 };
    if (!s->json || !f->bad_lines)
        return STATUS_USAGE;
    json_t *report = change_report_json(&none, dry_run);
    json_object_set_new(json_object_get(report, "counts"), "bad",
                        json_integer((json_int_t)json_array_size(f->bad_lines)));
    json_object_set(report, "faults", f->bad_lines);
    return json_print(s, report, STATUS_USAGE);
}

void flip_free(struct flip *f)
{
    json_decref(f->bad_lines);
    changes_free(&f->changes);
}
