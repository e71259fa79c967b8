#ifndef COEXIST_CTL_TABLE_H
#define COEXIST_CTL_TABLE_H

#include "ctl/out.h"

/* Rows of cells in columns that fit the widest of each, two blanks between. What the cells hold may
 * be a stranger's. */

#define TABLE_COLUMNS_MAX 12

struct table {
    size_t columns;
    struct table_cell {
        char *text;
        enum ink ink;
    } * cell;
    size_t cells;
    size_t room;
    bool failed; /* no memory: table_print() then says so in place of rows */
};

/* head: the columns' names, printed strong; NULL: no head. */
void table_init(struct table *t, size_t columns, const char *const *head);

/* The next cell, row by row; an absent text is shown as `-`. */
void table_add(struct table *t, enum ink ink, struct span text);
void table_adds(struct table *t, const char *text);

void table_print(const struct table *t, struct out *o);
void table_free(struct table *t);

#endif
