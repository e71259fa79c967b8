#ifndef COEXIST_STATE_TELLER_H
#define COEXIST_STATE_TELLER_H

#include <stdbool.h>

/*
 * How this layer, which knows no log, says what an administrator should know: a server lost, a
 * server back, events dropped. Called from any thread, never with a lock held.
 */
struct teller {
    /* event: a word for the log line (`state-lost`); text: one sentence, printable ASCII. */
    void (*tell)(void *arg, bool warning, const char *event, const char *text);
    void *arg;
};

/* Does nothing where tell is NULL. */
void teller_tell(const struct teller *t, bool warning, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
