#ifndef COEXIST_CTL_INTERRUPT_H
#define COEXIST_CTL_INTERRUPT_H

/* From now on SIGINT, SIGTERM and SIGHUP end nothing at once: what is returned is then not 0, and
 * waits end with EINTR. A second one ends the process. */
volatile const int *interrupt_watch(void);

#endif
