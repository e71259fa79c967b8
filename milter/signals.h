#ifndef COEXIST_MILTER_SIGNALS_H
#define COEXIST_MILTER_SIGNALS_H

#include <stdbool.h>

/*
 * HUP, INT and TERM, which libmilter waits for too, in a thread of its own, and then drops the
 * messages under way. Linux hands a signal for the process to the main thread where that does not
 * block it; so the main thread has handlers for them, and only other threads block them.
 */

/* From the start of the process on: none of the signals, nor SIGUSR1, ends it before it is ready.
 * SIGUSR1 is blocked in all threads for one that waits for it. */
void signals_begin(void);

/* In a thread other than the main one: it takes none of the signals. */
void signals_block(void);

/* In the main thread: waits for the next signal. True for HUP, false for INT and TERM. */
bool signals_wait(void);

/* As TERM would; from any thread. */
void signals_end(void);

/* In the main thread: the next signal is libmilter's, and stops it at once. */
void signals_leave_to_libmilter(void);

#endif
