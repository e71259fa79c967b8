#include "ctl/csv.h"

#include <stdio.h>
#include <string.h>

static const char separators[] = ",;\t";

static bool is_end(char c)
{
    return c == '\n' || c == '\r';
}

/* The length of the line end at the beginning of s, which is 0 for none. */
static size_t end_length(struct span s)
{
    if (s.n == 0 || !is_end(s.p[0]))
        return 0;
    return s.n > 1 && s.p[0] == '\r' && s.p[1] == '\n' ? 2 : 1;
}

static bool take_end(struct csv *c)
{
    size_t n = end_length(c->rest);
    c->rest = span_from(c->rest, n);
    c->line += n > 0;
    return n > 0;
}

/* `sep=;` on a line of its own. */
static bool take_declaration(struct csv *c)
{
    const struct span word = SPAN_LIT("sep=");
    if (!span_istarts(c->rest, word) || c->rest.n <= word.n || is_end(c->rest.p[word.n]))
        return false;
    struct span behind = span_from(c->rest, word.n + 1);
    if (behind.n > 0 && !is_end(behind.p[0]))
        return false;
    c->separator = c->rest.p[word.n];
    c->rest = behind;
    take_end(c);
    return true;
}

static char guess_separator(struct span text)
{
    size_t count[sizeof(separators)] = { 0 };
    bool quoted = false;
    size_t most = 0;
    for (size_t i = 0; i < text.n && i < CSV_ROW_MAX && (quoted || !is_end(text.p[i])); i++) {
        const char *found = memchr(separators, text.p[i], sizeof(separators) - 1);
        if (text.p[i] == '"')
            quoted = !quoted;
        else if (found && !quoted)
            count[found - separators]++;
    }
    for (size_t i = 1; i < sizeof(separators) - 1; i++)
        if (count[i] > count[most])
            most = i;
    return separators[most];
}

void csv_begin(struct csv *c, struct span text, size_t line)
{
    *c = (struct csv){ .rest = text, .line = line };
    buf_init(&c->unquoted, CSV_ROW_MAX);
    while (take_end(c))
        continue;
    if (!take_declaration(c))
        c->separator = guess_separator(c->rest);
}

void csv_free(struct csv *c)
{
    buf_free(&c->unquoted);
}

static bool fail(struct csv *c, size_t line, const char *why)
{
    snprintf(c->fault, sizeof(c->fault), "%s", why);
    c->fault_line = line;
    return false;
}

static bool read_quoted(struct csv *c, struct span *field, bool *doubled)
{
    struct span s = span_from(c->rest, 1);
    size_t opened = c->line, i = 0;
    for (;; i++) {
        if (i == s.n || i == CSV_ROW_MAX)
            return fail(c, opened, "the quote that opens a field here is not closed");
        if (s.p[i] == '"' && i + 1 < s.n && s.p[i + 1] == '"') {
            *doubled = true;
            i++;
        } else if (s.p[i] == '"') {
            break;
        } else if (s.p[i] == '\n' || (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n'))) {
            c->line++;
        }
    }
    *field = (struct span){ s.p, i };
    c->rest = span_from(s, i + 1);
    if (c->rest.n == 0 || is_end(c->rest.p[0]) || c->rest.p[0] == c->separator)
        return true;
    return fail(c, c->line, "text behind a closing quote: a quote inside a field is written twice");
}

static bool read_plain(struct csv *c, struct span *field)
{
    size_t n = 0;
    while (n < c->rest.n && c->rest.p[n] != c->separator && !is_end(c->rest.p[n])) {
        if (n == CSV_ROW_MAX)
            return fail(c, c->line, "the row is too long: more than 1048576 octets");
        if (c->rest.p[n] == '"')
            return fail(c, c->line,
                        "a quote inside a field that does not begin with one: the field goes in "
                        "quotes, and each quote in it is written twice");
        n++;
    }
    *field = (struct span){ c->rest.p, n };
    c->rest = span_from(c->rest, n);
    return true;
}

/* One row up to and with its end. */
static bool read_row(struct csv *c)
{
    const char *begin = c->rest.p;
    c->row.fields = 0;
    c->row.line = c->line;
    for (;;) {
        size_t at = c->row.fields;
        if (at == CSV_FIELDS_MAX)
            return fail(c, c->row.line, "too many columns: more than 1024");
        bool quoted = c->rest.n > 0 && c->rest.p[0] == '"';
        struct span *field = &c->row.field[at];
        c->row.doubled[at] = false;
        if (!(quoted ? read_quoted(c, field, &c->row.doubled[at]) : read_plain(c, field)))
            return false;
        if ((size_t)(c->rest.p - begin) > CSV_ROW_MAX)
            return fail(c, c->row.line, "the row is too long: more than 1048576 octets");
        c->row.fields++;
        if (c->rest.n == 0 || take_end(c))
            return true;
        c->rest = span_from(c->rest, 1);
    }
}

/* Each doubled quote becomes one. The pointers come last: the text moves while it grows. */
static bool undouble(struct csv *c)
{
    struct csv_row *row = &c->row;
    buf_clear(&c->unquoted);
    for (size_t i = 0; i < row->fields; i++) {
        size_t before = c->unquoted.n;
        for (size_t k = 0; row->doubled[i] && k < row->field[i].n; k++) {
            buf_addc(&c->unquoted, row->field[i].p[k]);
            k += row->field[i].p[k] == '"';
        }
        if (row->doubled[i])
            row->field[i].n = c->unquoted.n - before;
    }
    const char *p = buf_text(&c->unquoted);
    for (size_t i = 0; i < row->fields; i++)
        if (row->doubled[i]) {
            row->field[i].p = p;
            p += row->field[i].n;
        }
    return buf_ok(&c->unquoted);
}

_Static_assert(CSV_ROW_MAX == 1048576 && CSV_FIELDS_MAX == 1024, "sentences above name them");

enum csv_step csv_next(struct csv *c)
{
    while (take_end(c))
        continue;
    if (c->rest.n == 0)
        return CSV_END;
    if (!read_row(c))
        return CSV_FAULT;
    if (undouble(c))
        return CSV_ROW;
    fail(c, c->row.line, "out of memory");
    return CSV_FAULT;
}

size_t csv_column(const struct csv_row *row, struct span name)
{
    size_t i = 0;
    while (i < row->fields && !span_ieq(span_trim(row->field[i]), name))
        i++;
    return i;
}

static bool needs_quotes(struct span field)
{
    for (size_t i = 0; i < field.n; i++)
        if (strchr("\",;\t\r\n", field.p[i]))
            return true;
    return field.n > 0 && (field.p[0] == ' ' || field.p[field.n - 1] == ' ');
}

void csv_write(struct buf *out, struct span field)
{
    bool quoted = needs_quotes(field);
    if (quoted)
        buf_addc(out, '"');
    for (size_t i = 0; i < field.n; i++) {
        if (field.p[i] == '"')
            buf_addc(out, '"');
        buf_addc(out, field.p[i]);
    }
    if (quoted)
        buf_addc(out, '"');
}
