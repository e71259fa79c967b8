#include "ctl/table.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

void table_init(struct table *t, size_t columns, const char *const *head)
{
    *t = (struct table){ .columns = columns < TABLE_COLUMNS_MAX ? columns : TABLE_COLUMNS_MAX };
    for (size_t i = 0; head && i < t->columns; i++)
        table_add(t, INK_STRONG, span_of(head[i]));
}

static bool table_grow(struct table *t)
{
    if (t->cells < t->room)
        return true;
    size_t room = t->room ? t->room * 2 : FIRST_ROOM;
    struct table_cell *cell = realloc(t->cell, room * sizeof(*cell));
    if (!cell)
        return false;
    t->cell = cell;
    t->room = room;
    return true;
}

void table_add(struct table *t, enum ink ink, struct span text)
{
    struct span shown = span_present(text) ? text : SPAN_LIT("-");
    char *copy = t->failed ? NULL : strndup(shown.p, shown.n);
    if (!copy || !table_grow(t)) {
        free(copy);
        t->failed = true;
        return;
    }
    t->cell[t->cells++] = (struct table_cell){ copy, ink };
}

void table_adds(struct table *t, const char *text)
{
    table_add(t, INK_PLAIN, span_of(text));
}

static void measure(const struct table *t, size_t width[TABLE_COLUMNS_MAX])
{
    for (size_t i = 0; i < t->cells; i++) {
        size_t columns = out_columns(span_of(t->cell[i].text));
        if (columns > width[i % t->columns])
            width[i % t->columns] = columns;
    }
}

/* The last column of a row is not filled up: no line ends in blanks. */
void table_print(const struct table *t, struct out *o)
{
    size_t width[TABLE_COLUMNS_MAX] = { 0 };
    if (t->failed) {
        out_printf(o, INK_BAD, "out of memory\n");
        return;
    }
    measure(t, width);
    for (size_t i = 0; i < t->cells; i++) {
        struct span text = span_of(t->cell[i].text);
        bool last = i % t->columns == t->columns - 1 || i + 1 == t->cells;
        out_foreign_ink(o, t->cell[i].ink, text);
        if (last)
            fputc('\n', o->to);
        else
            fprintf(o->to, "%*s", (int)(width[i % t->columns] - out_columns(text) + 2), "");
    }
}

void table_free(struct table *t)
{
    for (size_t i = 0; i < t->cells; i++)
        free(t->cell[i].text);
    free(t->cell);
    *t = (struct table){ 0 };
}
