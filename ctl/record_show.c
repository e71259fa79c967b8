#include "ctl/record_show.h"

#define FIELD_COLUMNS 10

static bool needs_quotes(struct span s)
{
    return s.n == 0 || span_find(s, ' ') < s.n || span_find(s, '"') < s.n;
}

static void show_value(struct out *o, struct span value)
{
    const char *quote = needs_quotes(value) ? "\"" : "";
    fputs(quote, o->to);
    out_foreign(o, value);
    fputs(quote, o->to);
}

static enum ink ink_of(const struct record_field *f)
{
    return span_eq(f->name, SPAN_LIT("home")) ? INK_STRONG : INK_PLAIN;
}

static void show_fault(struct out *o, const char *before, const struct scanned *r)
{
    if (r->good)
        return;
    out_printf(o, INK_BAD, "%sBAD: ", before);
    out_foreign_ink(o, INK_BAD, span_of(r->fault));
}

void record_show_line(struct out *o, const struct scanned *r)
{
    out_foreign(o, r->name);
    for (size_t i = 0; i < r->fields; i++) {
        fputc(' ', o->to);
        out_foreign(o, r->field[i].name);
        fputc('=', o->to);
        show_value(o, r->field[i].value);
    }
    show_fault(o, "  ", r);
    fputc('\n', o->to);
}

void record_show_whole(struct out *o, const struct scanned *r)
{
    out_foreign_ink(o, INK_STRONG, r->name);
    fputc('\n', o->to);
    for (size_t i = 0; i < r->fields; i++) {
        size_t columns = out_columns(r->field[i].name);
        fputs("  ", o->to);
        out_foreign(o, r->field[i].name);
        fprintf(o->to, "%*s", (int)(columns < FIELD_COLUMNS ? FIELD_COLUMNS - columns : 1), "");
        out_foreign_ink(o, ink_of(&r->field[i]), r->field[i].value);
        fputc('\n', o->to);
    }
    show_fault(o, "  ", r);
    if (!r->good)
        fputc('\n', o->to);
}

json_t *record_show_json(const struct scanned *r)
{
    json_t *fields = json_object();
    bool good = fields;
    for (size_t i = 0; good && i < r->fields; i++) {
        json_t *name = json_span(r->field[i].name);
        good = name && json_object_set_new(fields, json_string_value(name),
                                           json_span(r->field[i].value)) == 0;
        json_decref(name);
    }
    json_t *root = json_pack("{s:o, s:o, s:b, s:o}", "name", json_span(r->name), "fields", fields,
                             "good", r->good, "fault", r->good ? json_null() : json_text(r->fault));
    if (good || !root)
        return root;
    json_decref(root);
    return NULL;
}
