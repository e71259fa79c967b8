#ifndef COEXIST_CTL_INTERRUPT_H
#define COEXIST_CTL_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP end nothing at once: what is returned is then not 0. A
 * second one ends the process. */
volatile const int *interrupt_watch(void);

/* Waits until a descriptor, which no other thread waits for, can be read, or has ended. False once
 * a signal watched for has come, be it before the call. */
bool interrupt_wait_readable(int fd);

#endif
