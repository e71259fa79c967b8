#ifndef COEXIST_STATE_RESP_H
#define COEXIST_STATE_RESP_H

#include "base/span.h"

/* A command in the form of the Redis protocol: `*WORDS`, then `$LENGTH` and the octets of each
 * word, with CR LF behind each of these. Words may hold any octet. */

#define RESP_NUMBER_MAX 20 /* digits of a number in decimal */

/* Octets of the whole command. */
size_t resp_size(const struct span *word, size_t words);

/* Write its beginning, then a word at a time, resp_size() octets in all and no NUL behind them.
 * Return the end of what they wrote. */
char *resp_head(char *p, size_t words);
char *resp_word(char *p, struct span word);

/* The number in decimal, as a word; it stands in digits. */
struct span resp_number(uint64_t n, char digits[RESP_NUMBER_MAX]);

#endif
