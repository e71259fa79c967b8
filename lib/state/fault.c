#include "state/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char printable(char c)
{
    return c >= ' ' && c <= '~' ? c : '?';
}

void fault_set(char fault[RECORD_FAULT_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(fault, RECORD_FAULT_MAX, format, args);
    va_end(args);
    if (n < 0)
        fault[0] = '\0';
    for (char *p = fault; *p; p++)
        *p = printable(*p);
}

const char *fault_word(struct span text, char out[FAULT_WORD_SIZE])
{
    size_t n = text.n < FAULT_WORD_MAX ? text.n : FAULT_WORD_MAX;
    for (size_t i = 0; i < n; i++)
        out[i] = printable(text.p[i]);
    strcpy(out + n, n < text.n ? "..." : "");
    return out;
}
