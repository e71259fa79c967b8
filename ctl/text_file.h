#ifndef COEXIST_CTL_TEXT_FILE_H
#define COEXIST_CTL_TEXT_FILE_H

#include "base/buf.h"

/*
 * Text files as administrators have them, read whole: UTF-8 with or without its mark, and UTF-16
 * with one, as Windows PowerShell writes it. Octets that are no UTF-8 stay as they are: whoever
 * uses them says so, since a name that nobody asks for may be in another code.
 */

#define TEXT_FILE_MAX ((size_t)1 << 30) /* octets of a file */
#define TEXT_FILE_ERROR_MAX 512

struct text_file {
    const char *name;  /* by which errors speak of it; borrowed from the caller, or a literal */
    struct span text;  /* UTF-8 without a mark; borrowed from octets */
    struct buf octets; /* the caller's, freed by text_file_free() */
};

/*
 * Reads a file, a pipe, or standard input (`-`), of no more than limit octets. False with one line
 * in error (`FILE: what is wrong`, `FILE:LINE: ...`): it cannot be read, is a directory or too
 * long, has a NUL in it, or is broken UTF-16. *f is to be freed after both.
 */
bool text_file_read(struct text_file *f, const char *path, size_t limit,
                    char error[TEXT_FILE_ERROR_MAX]);
void text_file_free(struct text_file *f);

/*
 * The part of it that knows no file. *f has its name and its octets; text is set. Of a text in
 * UTF-16 the octets become those of the UTF-8.
 */
bool text_file_decode(struct text_file *f, char error[TEXT_FILE_ERROR_MAX]);

/* Takes the next line off the text, without its end: LF, CRLF or CR. False at the end. */
bool text_line(struct span *text, struct span *line);

/* The whole text is UTF-8. */
bool text_is_utf8(struct span text);

#endif
