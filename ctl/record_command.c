#include "ctl/record_command.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "ctl/change_report.h"
#include "ctl/change_run.h"
#include "ctl/options.h"
#include "ctl/record_list.h"
#include "ctl/record_show.h"
#include "ctl/residence.h"
#include "ctl/stored.h"
#include "ctl/subject.h"

#define ARGUMENTS_MAX 1000
#define RESIDENCE_MAX 2048

struct arguments {
    enum record_kind kind;
    const char *verb;
    char *argument[ARGUMENTS_MAX];
    size_t n;
    bool dry_run;
    struct record_filter filter;
};

enum { KEY_DRY_RUN = 0x200, KEY_HOME, KEY_GROUP, KEY_BAD };

static const struct argp_option user_options[] = {
    { "dry-run", 'n', NULL, 0, "set, unset: tell what would change, and change nothing", 0 },
    { "home", KEY_HOME, "HOME", 0, "list: those with this home of their own", 0 },
    { "group", KEY_GROUP, "GROUP", 0, "list: those of this group", 0 },
    { "bad", KEY_BAD, NULL, 0, "list: records that are not good", 0 },
    { 0 },
};

static const struct argp_option other_options[] = {
    { "dry-run", 'n', NULL, 0, "set, unset: tell what would change, and change nothing", 0 },
    { "home", KEY_HOME, "HOME", 0, "list: those with this home", 0 },
    { "bad", KEY_BAD, NULL, 0, "list: records that are not good", 0 },
    { 0 },
};

static void take_argument(struct arguments *a, char *arg, struct argp_state *state)
{
    if (!a->verb)
        a->verb = arg;
    else if (a->n < ARGUMENTS_MAX)
        a->argument[a->n++] = arg;
    else
        argp_error(state, "more than %d arguments; flip and import take a file", ARGUMENTS_MAX);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'n':
        a->dry_run = true;
        return 0;
    case KEY_HOME:
        if (!home_parse(span_of(arg), &a->filter.home))
            argp_error(state, "--home is primary, secondary, both or moving, not '%s'", arg);
        return 0;
    case KEY_GROUP:
        a->filter.group = arg;
        return 0;
    case KEY_BAD:
        a->filter.bad = true;
        return 0;
    case ARGP_KEY_ARG:
        take_argument(a, arg, state);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

struct showing {
    struct session *session;
    const struct config *config;
    struct link *link;
    enum record_kind kind;
    json_t *list;
    enum status status;
};

static bool show_one(void *arg, const struct scanned *r)
{
    struct showing *s = arg;
    if (!r->good)
        s->status = STATUS_NO;
    if (s->list)
        json_array_append_new(s->list, record_show_json(r));
    else
        record_show_whole(&s->session->out, r);
    return true;
}

static bool show_nothing(struct showing *s, struct span name)
{
    s->status = STATUS_NO;
    if (s->list)
        return json_array_append_new(s->list,
                                     json_pack("{s:o, s:n, s:n, s:n}", "name", json_span(name),
                                               "fields", "good", "fault")) == 0;
    out_foreign_ink(&s->session->out, INK_STRONG, name);
    out_printf(&s->session->out, INK_PLAIN, "\n  no record\n");
    return true;
}

/* What all records together say of a user. */
static enum status show_residence(struct showing *s, struct span name)
{
    struct residence r;
    struct buf text;
    enum status found = residence_find(s->link, s->config, name, &r);
    if (found != STATUS_YES)
        return found;
    buf_init(&text, RESIDENCE_MAX);
    residence_write(&r, &text);
    json_t *last = s->list ? json_array_get(s->list, json_array_size(s->list) - 1) : NULL;
    if (last) {
        json_object_set_new(last, "home",
                            json_filled(r.home == HOME_UNSET ? NULL : home_name(r.home)));
        json_object_set_new(last, "by", json_filled(r.by.key));
        json_object_set_new(last, "says", json_span(buf_span(&text)));
    } else {
        out_printf(&s->session->out, INK_DIM, "  ");
        out_foreign_ink(&s->session->out, INK_DIM, buf_span(&text));
        out_printf(&s->session->out, INK_DIM, "\n");
    }
    buf_free(&text);
    return STATUS_YES;
}

static enum status show_subject(struct showing *s, const char *argument)
{
    char fault[RECORD_FAULT_MAX];
    char *name = subject_name(s->kind, span_of(argument), fault);
    if (!name)
        return session_fail(s->session, STATUS_USAGE, "%s", fault);
    enum status found = scan_one(s->link, s->config->prefix, s->kind, span_of(name), show_one, s);
    if (found == STATUS_NO && show_nothing(s, span_of(name)))
        found = STATUS_YES;
    if (found == STATUS_YES && s->kind == RECORD_USER)
        found = show_residence(s, span_of(name));
    free(name);
    return found == STATUS_UNAVAILABLE ? session_lost(s->session) : found;
}

static enum status run_show(struct session *s, const struct arguments *a)
{
    struct showing showing = { .session = s, .kind = a->kind };
    enum status status;
    if (a->n == 0)
        return session_fail(s, STATUS_USAGE, "show: name at least one %s",
                            stored_kind_name(a->kind));
    showing.config = session_config(s);
    showing.link = session_link(s, &status);
    if (!showing.link)
        return status;
    showing.list = s->json ? json_array() : NULL;
    for (size_t i = 0; i < a->n; i++) {
        enum status shown = show_subject(&showing, a->argument[i]);
        if (shown != STATUS_YES) {
            json_decref(showing.list);
            return shown;
        }
    }
    return s->json ? json_print(s, showing.list, showing.status) : showing.status;
}

/* The literal of a field's name; NULL where the kind has no such field. */
static const char *field_of(enum record_kind kind, struct span name)
{
    static const char *const user[] = { "home", "route", "group", "alias", "calendar", "note" };
    static const char *const group[] = { "home", "note" };
    static const char *const domain[] = { "home", "mode" };
    const char *const *of[] = { user, group, domain };
    const size_t n[] = { COUNT_OF(user), COUNT_OF(group), COUNT_OF(domain) };
    for (size_t i = 0; i < n[kind]; i++)
        if (span_eq(name, span_of(of[kind][i])))
            return of[kind][i];
    return NULL;
}

/* `FIELD=VALUE` for set, `FIELD` for unset. */
static enum status take_field(struct session *s, const struct arguments *a, struct change *c,
                              const char *text)
{
    bool sets = strcmp(a->verb, "set") == 0;
    struct span whole = span_of(text), name = whole, value = SPAN_ABSENT;
    size_t equals = span_find(whole, '=');
    if (sets && equals == whole.n)
        return session_fail(s, STATUS_USAGE, "set: '%s' is not FIELD=VALUE", text);
    if (sets) {
        name = (struct span){ whole.p, equals };
        value = span_from(whole, equals + 1);
    }
    const char *field = field_of(a->kind, name);
    if (!field)
        return session_fail(s, STATUS_USAGE, "%s: '%.*s' is not a field of a %s record", a->verb,
                            SPAN_ARG(name), stored_kind_name(a->kind));
    if (!change_set(c, field, value))
        return session_fail(s, STATUS_NO, "out of memory");
    return STATUS_YES;
}

static enum status write_change(struct session *s, const struct arguments *a, struct changes *c)
{
    enum status status;
    struct change_run run = { .config = session_config(s), .event = a->verb, .each = true };
    run.link = session_link(s, &status);
    if (!run.link)
        return status;
    return change_report_run(s, &run, c, a->dry_run, NULL);
}

static enum status run_change(struct session *s, const struct arguments *a)
{
    char fault[RECORD_FAULT_MAX];
    struct changes changes = { 0 };
    bool sets = strcmp(a->verb, "set") == 0;
    if (a->n < (sets ? 2 : 1))
        return session_fail(s, STATUS_USAGE, "%s: name a %s%s", a->verb, stored_kind_name(a->kind),
                            sets ? ", and FIELD=VALUE" : "");
    struct span text = span_of(a->argument[0]);
    char *name =
        sets ? subject_name_to_write(a->kind, text, fault) : subject_name(a->kind, text, fault);
    if (!name)
        return session_fail(s, STATUS_USAGE, "%s", fault);
    struct change *c = changes_add(&changes, a->kind, span_of(name));
    enum status status = c ? STATUS_YES : session_fail(s, STATUS_NO, "out of memory");
    if (c)
        c->whole = a->n == 1;
    for (size_t i = 1; status == STATUS_YES && i < a->n; i++)
        status = take_field(s, a, c, a->argument[i]);
    if (status == STATUS_YES)
        status = write_change(s, a, &changes);
    changes_free(&changes);
    free(name);
    return status;
}

static enum status run_list(struct session *s, struct arguments *a)
{
    if (a->n > 1)
        return session_fail(s, STATUS_USAGE, "list: one pattern at most, as '*@example.com'");
    a->filter.pattern = a->n ? a->argument[0] : NULL;
    return record_list(s, a->kind, &a->filter);
}

static const char *forms_of(enum record_kind kind)
{
    static const char *const forms[] = {
        "show ADDRESS...\nset ADDRESS FIELD=VALUE...\nunset ADDRESS [FIELD...]\nlist [PATTERN]",
        "show GROUP...\nset GROUP FIELD=VALUE...\nunset GROUP [FIELD...]\nlist [PATTERN]",
        "show DOMAIN...\nset DOMAIN FIELD=VALUE...\nunset DOMAIN [FIELD...]\nlist [PATTERN]",
    };
    return forms[kind];
}

static const char *doc_of(enum record_kind kind)
{
    static const char *const docs[] = {
        "Records of users. Fields: home (primary, secondary, both, moving), route (the address on "
        "the other system), group, alias (this address is another name of that one), calendar "
        "(primary, secondary), note.\v`unset` without a field removes the record. A record that "
        "the filter would not take is not written. PATTERN is a shell's: '*@example.com'.",
        "Records of groups. Fields: home (primary, secondary, both, moving), note.\v`unset` "
        "without a field removes the record, unless users are in the group.",
        "Records of domains. Fields: home (of users without a record), mode (enforce, "
        "observe).\v`unset` without a field removes the record; the configuration's own options "
        "then count.",
    };
    return docs[kind];
}

enum status record_command(struct session *s, enum record_kind kind, int argc, char **argv)
{
    struct arguments *a = calloc(1, sizeof(*a));
    enum status status;
    if (!a)
        return session_fail(s, STATUS_NO, "out of memory");
    a->kind = kind;
    const struct options_own own = {
        .args = forms_of(kind),
        .doc = doc_of(kind),
        .option = kind == RECORD_USER ? user_options : other_options,
        .parse = parse,
        .input = a,
    };
    options_parse(s, &own, argc, argv);
    if (strcmp(a->verb, "show") == 0)
        status = run_show(s, a);
    else if (strcmp(a->verb, "set") == 0 || strcmp(a->verb, "unset") == 0)
        status = run_change(s, a);
    else if (strcmp(a->verb, "list") == 0)
        status = run_list(s, a);
    else
        status = session_fail(s, STATUS_USAGE, "%s: show, set, unset or list, not '%s'",
                              stored_kind_name(kind), a->verb);
    free(a);
    return status;
}
