#include "state/teller.h"

#include <stdarg.h>
#include <stdio.h>

#define TELLER_TEXT_MAX 400

void teller_tell(const struct teller *t, bool warning, const char *event, const char *format, ...)
{
    char text[TELLER_TEXT_MAX];
    if (!t->tell)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (char *p = text; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    t->tell(t->arg, warning, event, text);
}
