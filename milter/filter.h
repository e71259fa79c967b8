#ifndef COEXIST_MILTER_FILTER_H
#define COEXIST_MILTER_FILTER_H

#include <stdbool.h>

/*
 * Registers the callbacks with libmilter; each only translates between its words and the engine's.
 * over_tcp: the MTA comes by TCP, where leaving out the DATA step makes it stall (its macros then
 * go out alone, and Nagle's algorithm waits for the peer's delayed acknowledgement). False when
 * libmilter refuses.
 */
bool filter_register(bool over_tcp);

#endif
