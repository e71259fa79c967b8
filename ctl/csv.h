#ifndef COEXIST_CTL_CSV_H
#define COEXIST_CTL_CSV_H

#include "base/buf.h"

/*
 * Comma-separated values (RFC 4180), read row by row from a text in memory. Besides what the RFC
 * asks for: LF or CR alone end a row too, the separator may be `;` or a tab, and empty lines are
 * passed over.
 */

#define CSV_FIELDS_MAX 1024       /* columns */
#define CSV_ROW_MAX (1024 * 1024) /* octets of a row, its quotes included */
#define CSV_FAULT_MAX 160         /* longest sentence, NUL included */

struct csv_row {
    struct span field[CSV_FIELDS_MAX]; /* without quotes; valid until the next row is read */
    bool doubled[CSV_FIELDS_MAX];      /* the reader's own: it had doubled quotes */
    size_t fields;
    size_t line; /* on which it begins */
};

struct csv {
    struct span rest;
    size_t line; /* of the beginning of rest, counted from 1 */
    char separator;
    struct csv_row row;
    struct buf unquoted; /* what is in the row's fields that had doubled quotes */
    char fault[CSV_FAULT_MAX];
    size_t fault_line;
};

enum csv_step { CSV_ROW, CSV_END, CSV_FAULT };

/*
 * Begins. The separator is the one of , ; and tab that stands most often outside quotes in the
 * first row; a comma where none does. A first line `sep=X`, as Excel writes it, names it, and is
 * passed over. line: that of the beginning of the text.
 */
void csv_begin(struct csv *c, struct span text, size_t line);

/*
 * Reads the next row into c->row. CSV_FAULT: fault and fault_line say what is wrong; the text
 * cannot be read further.
 */
enum csv_step csv_next(struct csv *c);

void csv_free(struct csv *c);

/* The position of the column in a row of names, but for the case of ASCII letters and blanks
 * around it; row->fields where there is none. */
size_t csv_column(const struct csv_row *row, struct span name);

/* Writes one field, in quotes where it needs them (a separator, quote, line end, or a blank at
 * either end); no separator. */
void csv_write(struct buf *out, struct span field);

#endif
