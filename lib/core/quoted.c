#include "core/quoted.h"

size_t quoted_length(struct span s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            return i + 1;
    }
    return s.n;
}

int quoted_take(struct span *rest)
{
    while (rest->n > 0 && rest->p[0] != '"') {
        size_t pair = rest->p[0] == '\\' && rest->n > 1;
        unsigned char c = (unsigned char)rest->p[pair];
        *rest = span_from(*rest, pair + 1);
        if (c != '\r' && c != '\n')
            return c;
    }
    return -1;
}

void quoted_text(struct span text, struct buf *out)
{
    struct span rest = span_from(text, 1);
    for (int c; (c = quoted_take(&rest)) >= 0;)
        buf_addc(out, (char)c);
}
