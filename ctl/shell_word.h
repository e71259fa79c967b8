#ifndef COEXIST_CTL_SHELL_WORD_H
#define COEXIST_CTL_SHELL_WORD_H

#include "base/buf.h"

/* Words that somebody will paste into a shell, made by strangers. */

/* False for an empty word, and for one with anything but printable ASCII or with a backslash: none
 * at all rather than one that means something else there, or on the screen. */
bool shell_word_can_be_typed(struct span word);

/* Such a word: as it is where a shell takes it so, else in quotes. */
void shell_word_add(struct buf *out, struct span word);

#endif
