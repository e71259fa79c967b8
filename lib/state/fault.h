#ifndef COEXIST_STATE_FAULT_H
#define COEXIST_STATE_FAULT_H

#include "state/record.h"

/* Sentences that say what is wrong, made of texts that anybody may have written. */

#define FAULT_WORD_MAX 48 /* octets of a foreign text that a sentence shows */
#define FAULT_WORD_SIZE (FAULT_WORD_MAX + sizeof("..."))

/* Writes the sentence, cut at RECORD_FAULT_MAX; all but printable ASCII becomes '?'. */
void fault_set(char fault[RECORD_FAULT_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The beginning of a text for use as %s, also where it has a NUL inside. Returns out. */
const char *fault_word(struct span text, char out[FAULT_WORD_SIZE]);

#endif
