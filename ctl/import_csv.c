#include "ctl/import_source.h"

#include "base/count.h"
#include "state/fault.h"

struct span import_cell(const struct csv_row *row, size_t column)
{
    return column < row->fields ? row->field[column] : SPAN_ABSENT;
}

size_t import_find_column(const struct csv_row *names, const char *const *name_list,
                          const char **name)
{
    for (; *name_list; name_list++) {
        size_t at = csv_column(names, span_of(*name_list));
        *name = *name_list;
        if (at < names->fields)
            return at;
    }
    *name = NULL;
    return CSV_FIELDS_MAX;
}

static import_row_reader *find_reader(struct import_source *s, const struct csv_row *names,
                                      struct import_columns *c)
{
    import_row_reader *reader = import_table_find(s, names, c);
    if (!reader && s->set->maps == 0)
        reader = import_exchange_find(s, names, c);
    if (!reader && s->set->maps == 0 && s->im->report.faults == 0)
        reader = import_google_find(s, names, c);
    if (!reader && s->im->report.faults == 0)
        import_fault(s->im, names->line, NULL,
                     "no column is known: there is none named address, PrimarySmtpAddress or Email "
                     "Address [Required]; --map COLUMN=address names one");
    return reader;
}

static size_t count_columns(const struct csv_row *names, struct span name)
{
    size_t n = 0;
    for (size_t i = 0; i < names->fields; i++)
        n += span_ieq(span_trim(names->field[i]), name);
    return n;
}

/* Which of two columns of one name counts is not ours to guess. */
static bool is_named_twice(struct import_source *s, const struct csv_row *names,
                           const struct import_columns *c)
{
    const char *used[] = { c->address_name, c->type_name, c->target_name, c->others_name };
    bool twice = false;
    for (size_t i = 0; i < COUNT_OF(used) + IMPORT_FIELDS; i++) {
        char word[FAULT_WORD_SIZE];
        struct span name = span_of(i < COUNT_OF(used) ? used[i] : c->name[i - COUNT_OF(used)]);
        if (!span_present(name) || count_columns(names, name) < 2)
            continue;
        import_fault(s->im, names->line, NULL, "there are two columns '%s': leave one away",
                     fault_word(name, word));
        twice = true;
    }
    return twice;
}

/* As spreadsheets leave them behind; like an empty line. */
static bool is_empty(const struct csv_row *row)
{
    for (size_t i = 0; i < row->fields; i++)
        if (span_trim(row->field[i]).n > 0)
            return false;
    return true;
}

/* The names are of no use any more once their numbers are known: the row is read over. */
static void read_rows(struct import_source *s, struct csv *c, import_row_reader *reader,
                      const struct import_columns *columns)
{
    size_t fields = c->row.fields;
    while (csv_next(c) == CSV_ROW && !s->im->failed) {
        if (is_empty(&c->row))
            continue;
        s->im->rows++;
        if (c->row.fields == fields)
            reader(s, columns, &c->row);
        else
            import_fault(s->im, c->row.line, NULL, "the row has %zu columns, the row of names %zu",
                         c->row.fields, fields);
    }
}

void import_csv_read(struct import_source *s, struct span text, size_t line)
{
    struct csv c;
    struct import_columns columns = { 0 };
    csv_begin(&c, text, line);
    enum csv_step first = csv_next(&c);
    if (first == CSV_END)
        import_fault(s->im, 0, NULL, "there is nothing in it");
    if (first == CSV_ROW) {
        import_row_reader *reader = find_reader(s, &c.row, &columns);
        if (reader && !is_named_twice(s, &c.row, &columns))
            read_rows(s, &c, reader, &columns);
    }
    if (c.fault_line > 0)
        import_fault(s->im, c.fault_line, NULL, "%s", c.fault);
    csv_free(&c);
}
