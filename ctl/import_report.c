#include "ctl/import_report.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
} skips[IMPORT_SKIPS] = {
    [SKIP_OTHER_DOMAIN] = { "other-domain", "in no configured domain" },
    [SKIP_ALIAS_DOMAIN] = { "alias-domain", "alias of a mailbox in another domain" },
    [SKIP_NOT_MAILBOX] = { "not-mailbox", "no mailbox" },
    [SKIP_NO_ADDRESS] = { "no-address", "without an address" },
    [SKIP_UNKNOWN_SYSTEM] = { "unknown-system", "transport of no system, or of both" },
    [SKIP_NO_TARGET] = { "no-target", "mail user without an external address" },
    [SKIP_CHANGE_RECORD] = { "change-record", "change record, no entry" },
    [SKIP_UNREADABLE_ALIAS] = { "unreadable-aliases", "aliases not written out by the exporter" },
};

const char *import_skip_name(enum import_skip s)
{
    return skips[s].name;
}

const char *import_skip_text(enum import_skip s)
{
    return skips[s].text;
}

static struct span cut(struct span s)
{
    return s.n > IMPORT_TEXT_MAX ? (struct span){ s.p, IMPORT_TEXT_MAX } : s;
}

void import_report_skip(struct import_report *r, enum import_skip why, size_t line,
                        struct span address, struct span detail)
{
    struct buf text;
    size_t n = r->skip[why].count++;
    if (n >= IMPORT_SHOWN_MAX)
        return;
    buf_init(&text, 2 * IMPORT_TEXT_MAX + sizeof(" ()"));
    buf_add(&text, cut(address.n > 0 ? address : detail));
    if (address.n > 0 && detail.n > 0)
        buf_addf(&text, " (%.*s)", SPAN_ARG(cut(detail)));
    r->skip[why].shown[n] = (struct import_line){ line, strdup(buf_text(&text)) };
    buf_free(&text);
}

void import_report_fault(struct import_report *r, size_t line, const char *text)
{
    size_t n = r->faults++;
    if (n < IMPORT_FAULTS_MAX)
        r->fault[n] = (struct import_line){ line, strdup(text) };
}

void import_report_free(struct import_report *r)
{
    for (size_t i = 0; i < IMPORT_SKIPS; i++)
        for (size_t k = 0; k < IMPORT_SHOWN_MAX; k++)
            free(r->skip[i].shown[k].text);
    for (size_t i = 0; i < IMPORT_FAULTS_MAX; i++)
        free(r->fault[i].text);
    *r = (struct import_report){ 0 };
}

void import_report_tell(const struct import_report *r, const struct session *s, const char *file)
{
    size_t shown = r->faults < IMPORT_FAULTS_MAX ? r->faults : IMPORT_FAULTS_MAX;
    for (size_t i = 0; i < shown; i++) {
        const struct import_line *f = &r->fault[i];
        const char *text = f->text ? f->text : "out of memory";
        if (f->line > 0)
            session_fail(s, STATUS_NO, "%s:%zu: %s", file, f->line, text);
        else
            session_fail(s, STATUS_NO, "%s: %s", file, text);
    }
    if (r->faults > shown)
        session_fail(s, STATUS_NO, "%s: and %zu more", file, r->faults - shown);
}

void import_report_print(const struct import_report *r, struct out *o)
{
    for (size_t i = 0; i < IMPORT_SKIPS; i++) {
        size_t n = r->skip[i].count;
        if (n == 0)
            continue;
        out_printf(o, INK_WARN, "skipped %zu: %s\n", n, skips[i].text);
        for (size_t k = 0; k < n && k < IMPORT_SHOWN_MAX; k++) {
            out_printf(o, INK_DIM, "    line %zu: ", r->skip[i].shown[k].line);
            out_foreign(o, span_of(r->skip[i].shown[k].text));
            out_printf(o, INK_PLAIN, "\n");
        }
        if (n > IMPORT_SHOWN_MAX)
            out_printf(o, INK_DIM, "    and %zu more\n", n - IMPORT_SHOWN_MAX);
    }
}

static json_t *lines_json(const struct import_line *line, size_t n, const char *name)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_object();
        json_object_set_new(
            one, "line", line[i].line > 0 ? json_integer((json_int_t)line[i].line) : json_null());
        json_object_set_new(one, name, json_text(line[i].text));
        json_array_append_new(list, one);
    }
    return list;
}

json_t *import_report_skips(const struct import_report *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < IMPORT_SKIPS; i++) {
        size_t n = r->skip[i].count;
        if (n == 0)
            continue;
        json_t *one = json_object();
        json_object_set_new(one, "reason", json_string(skips[i].name));
        json_object_set_new(one, "count", json_integer((json_int_t)n));
        json_object_set_new(
            one, "first",
            lines_json(r->skip[i].shown, n < IMPORT_SHOWN_MAX ? n : IMPORT_SHOWN_MAX, "what"));
        json_array_append_new(list, one);
    }
    return list;
}

json_t *import_report_faults(const struct import_report *r)
{
    return lines_json(r->fault, r->faults < IMPORT_FAULTS_MAX ? r->faults : IMPORT_FAULTS_MAX,
                      "fault");
}
