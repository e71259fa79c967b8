#ifndef COEXIST_CTL_QUESTION_H
#define COEXIST_CTL_QUESTION_H

#include <stdbool.h>

/* Standard input is a terminal, at which somebody can answer. */
bool question_can_be_asked(void);

/* Asks on standard error, and reads a line: true for `y` or `yes` alone. To be interrupted, also
 * before it was asked, is a no. */
bool question_ask(const char *text);

#endif
