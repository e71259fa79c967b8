#include "ctl/import_summary.h"

#include <string.h>

void import_summary_count(struct import_summary *s, const struct changes *c)
{
    s->added = s->changed = s->same = s->removed = s->unreachable = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct change *one = &c->at[i];
        s->added += one->effect == CHANGE_NEW;
        s->changed += one->effect == CHANGE_ALTERS;
        s->removed += one->effect == CHANGE_REMOVES;
        s->same += one->effect == CHANGE_NONE && !one->whole;
        s->unreachable += one->no_route;
    }
}

bool import_summary_changes(const struct import_summary *s)
{
    return s->added + s->changed + s->removed > 0;
}

/* `a@example.com (primary -> secondary)`. */
static void print_name(const struct change *c, struct out *o)
{
    const char *home = change_value(c, "home");
    out_foreign(o, span_of(c->name));
    if (c->effect == CHANGE_ALTERS && home && strcmp(home, home_name(c->was)) != 0)
        out_printf(o, INK_PLAIN, " (%s -> %s)", c->was ? home_name(c->was) : "no home", home);
}

static void print_names(const struct changes *c, enum change_effect effect, size_t count,
                        struct out *o)
{
    size_t shown = 0;
    for (size_t i = 0; i < c->n && shown < IMPORT_NAMES_MAX; i++) {
        if (c->at[i].effect != effect)
            continue;
        out_printf(o, INK_PLAIN, shown++ > 0 ? ", " : ": ");
        print_name(&c->at[i], o);
    }
    if (count > shown)
        out_printf(o, INK_PLAIN, " and %zu more", count - shown);
    out_printf(o, INK_PLAIN, "\n");
}

void import_summary_preview(const struct import_summary *s, const struct changes *c, struct out *o)
{
    if (s->added > 0) {
        out_printf(o, INK_GOOD, "would add %zu", s->added);
        print_names(c, CHANGE_NEW, s->added, o);
    }
    if (s->changed > 0) {
        out_printf(o, INK_WARN, "would change %zu", s->changed);
        print_names(c, CHANGE_ALTERS, s->changed, o);
    }
    if (s->removed > 0) {
        out_printf(o, INK_BAD, "would remove %zu of %zu", s->removed, s->users);
        print_names(c, CHANGE_REMOVES, s->removed, o);
    }
    if (!import_summary_changes(s))
        out_printf(o, INK_PLAIN, "nothing would change\n");
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

void import_summary_print(const struct import_summary *s, const struct import *im, struct out *o)
{
    size_t taken = s->added + s->changed + s->same;
    out_foreign_ink(o, INK_STRONG, span_of(s->file));
    out_printf(o, INK_PLAIN,
               " (%s): %zu row%s, %zu user%s taken: %zu new, %zu changed, %zu as they were\n",
               s->kind, im->rows, plural(im->rows), taken, plural(taken), s->added, s->changed,
               s->same);
    if (s->removed > 0 && !s->dry_run)
        out_printf(o, INK_PLAIN, "removed %zu of %zu users\n", s->removed, s->users);
    if (im->repeated > 0)
        out_printf(o, INK_PLAIN, "%zu address%s came up again, and said the same\n", im->repeated,
                   im->repeated == 1 ? "" : "es");
    import_report_print(&im->report, o);
    if (s->unreachable > 0)
        out_printf(o, INK_WARN,
                   "%zu user%s cannot be reached on the other system: there is no route in the "
                   "record or the domain\n",
                   s->unreachable, plural(s->unreachable));
    if (s->dry_run)
        out_printf(o, INK_PLAIN, "nothing was written: --dry-run\n");
}

static json_t *count(size_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *names_json(const struct changes *c, enum change_effect effect)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->n && json_array_size(list) < IMPORT_NAMES_MAX; i++) {
        const struct change *one = &c->at[i];
        const char *home = change_value(one, "home");
        if (one->effect != effect)
            continue;
        json_t *entry = json_object();
        json_object_set_new(entry, "user", json_text(one->name));
        json_object_set_new(entry, "was", one->was ? json_text(home_name(one->was)) : json_null());
        json_object_set_new(entry, "home", json_text(home));
        json_array_append_new(list, entry);
    }
    return list;
}

static void add_counts(json_t *root, const struct import_summary *s, const struct import *im)
{
    const struct {
        const char *name;
        size_t n;
    } counts[] = {
        { "rows", im->rows },         { "taken", s->added + s->changed + s->same },
        { "new", s->added },          { "changed", s->changed },
        { "same", s->same },          { "removed", s->removed },
        { "users", s->users },        { "repeated", im->repeated },
        { "written", s->written },    { "unreachable", s->unreachable },
        { "bad", im->report.faults },
    };
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        json_object_set_new(root, counts[i].name, count(counts[i].n));
}

json_t *import_summary_json(const struct import_summary *s, const struct import *im)
{
    json_t *root = json_object(), *first = json_object();
    json_object_set_new(root, "file", json_text(s->file));
    json_object_set_new(root, "format", json_text(s->kind));
    json_object_set_new(root, "dry_run", json_boolean(s->dry_run));
    json_object_set_new(root, "stopped", json_boolean(s->stopped));
    add_counts(root, s, im);
    json_object_set_new(first, "new", names_json(&im->changes, CHANGE_NEW));
    json_object_set_new(first, "changed", names_json(&im->changes, CHANGE_ALTERS));
    json_object_set_new(first, "removed", names_json(&im->changes, CHANGE_REMOVES));
    json_object_set_new(root, "first", first);
    json_object_set_new(root, "skipped", import_report_skips(&im->report));
    json_object_set_new(root, "faults", import_report_faults(&im->report));
    return root;
}
