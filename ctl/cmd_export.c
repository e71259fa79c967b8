#include "core/address.h"
#include "ctl/command.h"
#include "ctl/export.h"
#include "ctl/options.h"

#define ENTRY_MAX (4 * 1024 * 1024) /* octets of one user, written; Redis answers with less */

enum { KEY_FORMAT = 0x200, KEY_HOME, KEY_DOMAIN };

static const struct argp_option options[] = {
    { "format", KEY_FORMAT, "FORMAT", 0, "csv (default), ldif or json", 0 },
    { "home", KEY_HOME, "HOME", 0, "only users whose own record says this home", 0 },
    { "group", 'g', "GROUP", 0, "only users of this group", 0 },
    { "domain", KEY_DOMAIN, "DOMAIN", 0, "only users of this domain", 0 },
    { 0 },
};

static const char doc[] =
    "Writes the records of users, sorted by address, so that `coexistctl import` can take them "
    "again, from CSV and LDIF; JSON is for programs.\vA record that the filter would refuse is "
    "told on standard error and left out; the "
    "exit status is then 1. Values are written as they are, also those that a spreadsheet would "
    "take for a formula.";

struct asked {
    enum export_format format;
    struct export export;
    char domain[ADDRESS_MAX + 1];
};

static void set_domain(struct asked *a, const char *arg, struct argp_state *state)
{
    size_t n = 0;
    for (; n < ADDRESS_MAX && arg[n]; n++)
        a->domain[n] = ascii_lower(arg[n]);
    if (n == 0 || arg[n])
        argp_error(state, "--domain is the name of a domain");
    a->export.domain = a->domain;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct asked *a = state->input;
    switch (key) {
    case KEY_FORMAT:
        if (!export_format_parse(arg, &a->format))
            argp_error(state, "--format is csv, ldif or json, not '%s'", arg);
        return 0;
    case KEY_HOME:
        if (!home_parse(span_of(arg), &a->export.home))
            argp_error(state, "--home is primary, secondary, both or moving, not '%s'", arg);
        return 0;
    case 'g':
        a->export.group = arg;
        return 0;
    case KEY_DOMAIN:
        set_domain(a, arg, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum status tell_bad(const struct session *s, const struct export *e)
{
    for (size_t i = 0; i < e->bad && i < EXPORT_FAULTS_MAX; i++)
        session_fail(s, STATUS_NO, "left out: user %s: %s",
                     e->fault[i].address ? e->fault[i].address : "",
                     e->fault[i].why ? e->fault[i].why : "");
    if (e->bad > EXPORT_FAULTS_MAX)
        session_fail(s, STATUS_NO, "left out: %zu more", e->bad - EXPORT_FAULTS_MAX);
    return e->bad > 0 ? STATUS_NO : STATUS_YES;
}

/* A file gets the octets as they are; a terminal what can do no harm to it. */
static void put(struct out *o, struct span text)
{
    struct span line;
    if (!o->terminal) {
        fwrite(text.p, 1, text.n, o->to);
        return;
    }
    while (span_split(&text, '\n', &line)) {
        if (line.n > 0 && line.p[line.n - 1] == '\r')
            line.n--;
        out_foreign(o, line);
        if (span_present(text))
            fputc('\n', o->to);
    }
}

static enum status write_text(struct session *s, const struct asked *a)
{
    struct buf entry;
    buf_init(&entry, ENTRY_MAX);
    bool good = export_begin(a->format, &entry);
    for (size_t i = 0; good && i < a->export.n; i++) {
        put(&s->out, buf_span(&entry));
        buf_clear(&entry);
        good = export_write(a->format, &a->export.user[i], &entry);
    }
    if (good)
        put(&s->out, buf_span(&entry));
    buf_free(&entry);
    return good ? STATUS_YES : session_fail(s, STATUS_NO, "out of memory");
}

static enum status run(struct session *s, struct asked *a)
{
    enum status status;
    struct link *l = session_link(s, &status);
    if (!l)
        return status;
    if (export_gather(&a->export, l, s->config->prefix) != STATUS_YES)
        return session_lost(s);
    status = STATUS_YES;
    if (a->format == EXPORT_JSON)
        status = json_print(s, export_json(&a->export), status);
    else
        status = write_text(s, a);
    enum status bad = tell_bad(s, &a->export);
    return status == STATUS_YES ? bad : status;
}

enum status cmd_export(struct session *s, int argc, char **argv)
{
    struct asked a = { .format = EXPORT_CSV };
    const struct options_own own = { .doc = doc, .option = options, .parse = parse, .input = &a };
    options_parse(s, &own, argc, argv);
    if (s->json)
        a.format = EXPORT_JSON;
    enum status status = run(s, &a);
    export_free(&a.export);
    return status;
}
