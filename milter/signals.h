#ifndef COEXIST_MILTER_SIGNALS_H
#define COEXIST_MILTER_SIGNALS_H

#include <stdbool.h>

/*
 * HUP, INT and TERM: the first order to end lets the messages under way go on, a second one does
 * not. libmilter would drop them at the first, and wait for the signals in a thread of its own: it
 * is kept from that, see signals.c.
 */

/* In the main thread, from the start of the process on: none of the signals, nor SIGUSR1, ends it
 * before it is ready. SIGUSR1 is blocked in all threads, for one that waits for it. */
void signals_begin(void);

/* In the main thread: waits for the next signal. True for HUP, false for an order to end. */
bool signals_wait(void);

/* Two orders to end, or more, have come. */
bool signals_hurry(void);

/* As two orders to end; from any thread. */
void signals_end(void);

#endif
