#include "ctl/record_list.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/record_show.h"
#include "ctl/scan.h"

struct listing {
    struct session *session;
    const struct record_filter *filter;
    size_t shown;
    bool failed;
};

static bool matches_name(const struct record_filter *f, struct span name)
{
    if (!f->pattern)
        return true;
    char *text = strndup(name.n ? name.p : "", name.n);
    bool matches = text && fnmatch(f->pattern, text, 0) == 0;
    free(text);
    return matches;
}

static bool matches(const struct record_filter *f, const struct scanned *r)
{
    if (f->bad && r->good)
        return false;
    if (f->home != HOME_UNSET && (!r->good || r->record->home != f->home))
        return false;
    if (f->group && (!r->good || strcmp(r->record->group, f->group) != 0))
        return false;
    return matches_name(f, r->name);
}

/* An array, written as it comes: a million records need not be in memory at once. */
static bool print_item(struct listing *l, const struct scanned *r)
{
    json_t *item = record_show_json(r);
    fputs(l->shown > 0 ? ",\n " : "[", l->session->out.to);
    bool good = item && json_dumpf(item, l->session->out.to, JSON_COMPACT) == 0;
    json_decref(item);
    return good;
}

static bool list_one(void *arg, const struct scanned *r)
{
    struct listing *l = arg;
    if (!matches(l->filter, r))
        return true;
    if (!l->session->json)
        record_show_line(&l->session->out, r);
    else if (!print_item(l, r))
        l->failed = true;
    l->shown++;
    return !l->failed && !ferror(l->session->out.to);
}

enum status record_list(struct session *s, enum record_kind kind,
                        const struct record_filter *filter)
{
    enum status status;
    struct listing l = { .session = s, .filter = filter };
    struct link *link = session_link(s, &status);
    if (!link)
        return status;
    status = scan_records(link, session_config(s)->prefix, kind, list_one, &l);
    if (s->json)
        fputs(l.shown > 0 ? "]\n" : "[]\n", s->out.to);
    if (status != STATUS_YES)
        return session_lost(s);
    if (l.failed)
        return session_unmade(s);
    return l.shown > 0 ? STATUS_YES : STATUS_NO;
}
