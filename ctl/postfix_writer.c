#include "ctl/postfix_writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *postfix_writer_value(const struct postfix_writer *w, const char *name)
{
    return w->p ? postconf_value(w->p, name) : "";
}

void postfix_writer_main(struct postfix_writer *w, const char *name, const char *value)
{
    char *copy = w->to->mains < POSTFIX_LINES_MAX ? strdup(value) : NULL;
    if (copy)
        w->to->main[w->to->mains++] = (struct postfix_line){ name, copy };
    else
        w->to->failed = true;
}

void postfix_writer_note(struct postfix_writer *w, const char *format, ...)
{
    char text[POSTFIX_NOTE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    char *copy = w->to->notes < POSTFIX_NOTES_MAX ? strdup(text) : NULL;
    if (copy)
        w->to->note[w->to->notes++] = copy;
    else
        w->to->failed = true;
}

static bool has_table(const char *list, const char *table)
{
    struct span rest = span_of(list), item;
    while (postconf_list_next(&rest, &item))
        if (span_eq(item, span_of(table)))
            return true;
    return false;
}

void postfix_writer_tables(struct postfix_writer *w, const char *name, const char *const table[],
                           size_t tables)
{
    const char *now = postfix_writer_value(w, name);
    struct buf list;
    buf_init(&list, POSTFIX_TEXT_MAX);
    for (size_t i = 0; i < tables; i++)
        if (table[i][0] && !has_table(now, table[i]))
            buf_addf(&list, "%s%s", list.n > 0 ? ", " : "", table[i]);
    if (now[0])
        buf_addf(&list, "%s%s", list.n > 0 ? ", " : "", now);
    if (!buf_ok(&list))
        w->to->failed = true;
    postfix_writer_main(w, name, buf_text(&list));
    buf_free(&list);
}
