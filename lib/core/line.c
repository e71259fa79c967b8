#include "core/line.h"

size_t line_end_length(struct span text)
{
    size_t n = 0;
    while (n < 2 && n < text.n && text.p[n] == '\r')
        n++;
    if (n < text.n && text.p[n] == '\n')
        return n + 1;
    return n > 0 ? 1 : 0;
}

struct span line_take(struct span *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
        n++;
    struct span line = { rest->p, n };
    *rest = span_from(*rest, n);
    *rest = span_from(*rest, line_end_length(*rest));
    return line;
}
