#include "ctl/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/json.h"
#include "ctl/shell_word.h"

#define KEY_TYPED_MAX (FINDING_TEXT_MAX / 2) /* a command that is cut would be another one */

static const char *const areas[AREA_COUNT] = {
    [AREA_CONFIG] = "config",   [AREA_KEYS] = "keys",       [AREA_REDIS] = "redis",
    [AREA_RECORDS] = "records", [AREA_POSTFIX] = "postfix", [AREA_DNS] = "dns",
    [AREA_CLOCKS] = "clocks",
};

static const char *const severities[] = {
    [SEVERITY_OK] = "ok",
    [SEVERITY_NOTE] = "note",
    [SEVERITY_WARNING] = "warning",
    [SEVERITY_FAULT] = "fault",
};

static const enum ink inks[] = {
    [SEVERITY_OK] = INK_GOOD,
    [SEVERITY_NOTE] = INK_DIM,
    [SEVERITY_WARNING] = INK_WARN,
    [SEVERITY_FAULT] = INK_BAD,
};

const char *area_name(enum area a)
{
    return areas[a];
}

bool area_parse(const char *name, enum area *out)
{
    for (size_t i = 0; i < AREA_COUNT; i++) {
        if (strcmp(areas[i], name) != 0)
            continue;
        *out = (enum area)i;
        return true;
    }
    return false;
}

const char *severity_name(enum severity s)
{
    return severities[s];
}

void findings_free(struct findings *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->at[i].what);
        free(f->at[i].causes);
        free(f->at[i].mend);
    }
    free(f->at);
    *f = (struct findings){ .area = f->area };
}

static char *written(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

static char *written(const char *format, va_list args)
{
    char text[FINDING_TEXT_MAX];
    vsnprintf(text, sizeof(text), format, args);
    return strdup(text);
}

static void set(struct findings *f, char **to, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void set(struct findings *f, char **to, const char *format, va_list args)
{
    free(*to);
    *to = written(format, args);
    if (!*to)
        f->failed = true;
}

/* Counts one that there are enough of already. */
static bool is_counted(struct findings *f, const char *id)
{
    struct finding *last = NULL;
    size_t same = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->at[i].id, id) != 0)
            continue;
        last = &f->at[i];
        same++;
    }
    if (same < FINDING_SAME_MAX)
        return false;
    last->more++;
    return true;
}

static void append(struct findings *f, enum severity severity, const char *id)
{
    f->open = NULL;
    struct finding *more = f->n < FINDINGS_MAX ? realloc(f->at, (f->n + 1) * sizeof(*more)) : NULL;
    if (!more) {
        f->failed = true;
        return;
    }
    f->at = more;
    f->open = &f->at[f->n++];
    *f->open = (struct finding){ .area = f->area, .severity = severity, .id = id };
}

void finding_ok(struct findings *f, const char *format, ...)
{
    va_list args;
    append(f, SEVERITY_OK, "");
    if (!f->open)
        return;
    va_start(args, format);
    set(f, &f->open->what, format, args);
    va_end(args);
}

void finding_begin(struct findings *f, enum severity severity, const char *id)
{
    f->open = NULL;
    if (!is_counted(f, id))
        append(f, severity, id);
}

void finding_what(struct findings *f, const char *format, ...)
{
    va_list args;
    if (!f->open)
        return;
    va_start(args, format);
    set(f, &f->open->what, format, args);
    va_end(args);
}

void finding_causes(struct findings *f, const char *format, ...)
{
    va_list args;
    if (!f->open)
        return;
    va_start(args, format);
    set(f, &f->open->causes, format, args);
    va_end(args);
}

void finding_mend(struct findings *f, const char *format, ...)
{
    va_list args;
    if (!f->open)
        return;
    va_start(args, format);
    set(f, &f->open->mend, format, args);
    va_end(args);
}

void finding_mend_key(struct findings *f, struct span key, const char *more)
{
    struct buf word;
    buf_init(&word, KEY_TYPED_MAX);
    if (shell_word_can_be_typed(key))
        shell_word_add(&word, key);
    if (word.n > 0 && buf_ok(&word))
        finding_mend(f, "redis-cli DEL %s%s", buf_text(&word), more);
    else
        finding_mend(f, "remove the key, whose name cannot be typed safely, by a program%s", more);
    buf_free(&word);
}

size_t findings_count(const struct findings *f, enum severity severity)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (f->at[i].severity == severity)
            n += 1 + f->at[i].more;
    return n;
}

bool findings_have(const struct findings *f, const char *id)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->at[i].id, id) == 0)
            return true;
    return false;
}

bool findings_tell(const struct findings *f, const char *id, const char *words)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->at[i].id, id) == 0 && f->at[i].what &&
            strncmp(f->at[i].what, words, strlen(words)) == 0)
            return true;
    return false;
}

static void print_part(struct out *o, const char *name, const char *text)
{
    if (!text)
        return;
    out_printf(o, INK_DIM, "           %-7s", name);
    out_foreign(o, span_of(text));
    fputc('\n', o->to);
}

static void print_one(const struct finding *x, struct out *o)
{
    fputs("  ", o->to);
    out_printf(o, inks[x->severity], "%-9s", severities[x->severity]);
    if (x->id[0])
        out_printf(o, INK_STRONG, "%s: ", x->id);
    out_foreign(o, span_of(x->what ? x->what : ""));
    fputc('\n', o->to);
    print_part(o, "causes", x->causes);
    print_part(o, "mend", x->mend);
    if (x->more > 0)
        out_printf(o, INK_DIM, "           and %zu more of %s\n", x->more, x->id);
}

static void print_area(const struct findings *f, enum area area, struct out *o)
{
    bool headed = false;
    for (size_t i = 0; i < f->n; i++) {
        if (f->at[i].area != area)
            continue;
        if (!headed)
            out_printf(o, INK_STRONG, "%s\n", areas[area]);
        headed = true;
        print_one(&f->at[i], o);
    }
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

void findings_print(const struct findings *f, struct out *o)
{
    size_t faults = findings_count(f, SEVERITY_FAULT);
    size_t warnings = findings_count(f, SEVERITY_WARNING);
    size_t notes = findings_count(f, SEVERITY_NOTE);
    for (size_t a = 0; a < AREA_COUNT; a++)
        print_area(f, (enum area)a, o);
    enum ink ink = faults > 0 ? INK_BAD : warnings > 0 ? INK_WARN : INK_GOOD;
    out_printf(o, ink, "%s", faults + warnings > 0 ? "not right" : "all is right");
    out_printf(o, INK_PLAIN, ": %zu fault%s, %zu warning%s, %zu note%s\n", faults, plural(faults),
               warnings, plural(warnings), notes, plural(notes));
}

static json_t *json_of(const struct finding *x)
{
    if (x->severity == SEVERITY_OK)
        return json_pack("{s:s, s:o}", "area", areas[x->area], "what", json_text(x->what));
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I}", "area", areas[x->area], "id", x->id,
                     "severity", severities[x->severity], "what", json_text(x->what), "causes",
                     json_text(x->causes), "mend", json_text(x->mend), "more", (json_int_t)x->more);
}

json_t *findings_json(const struct findings *f)
{
    size_t faults = findings_count(f, SEVERITY_FAULT);
    size_t warnings = findings_count(f, SEVERITY_WARNING);
    json_t *found = json_array(), *ok = json_array();
    bool good = found && ok && !f->failed;
    for (size_t i = 0; good && i < f->n; i++) {
        const struct finding *x = &f->at[i];
        good = json_array_append_new(x->severity == SEVERITY_OK ? ok : found, json_of(x)) == 0;
    }
    if (!good) {
        json_decref(found);
        json_decref(ok);
        return NULL;
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}", "verdict",
                     faults + warnings > 0 ? "wrong" : "good", "faults", (json_int_t)faults,
                     "warnings", (json_int_t)warnings, "notes",
                     (json_int_t)findings_count(f, SEVERITY_NOTE), "findings", found, "ok", ok);
}
