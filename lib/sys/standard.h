#ifndef COEXIST_SYS_STANDARD_H
#define COEXIST_SYS_STANDARD_H

#include <stdbool.h>

/*
 * To be called before anything is opened. Whichever of standard input, output and error is closed
 * would be the number of the next file or socket, and what is printed would go there. It is filled
 * with /dev/null, opened the wrong way round, so that reading and writing still fail with EBADF.
 * False, with errno, when it cannot be.
 */
bool standard_fill(void);

#endif
