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

void quoted_text(struct span text, struct buf *out)
{
    for (size_t i = 1; i < text.n && text.p[i] != '"'; i++) {
        if (text.p[i] == '\\' && i + 1 < text.n)
            i++;
        if (text.p[i] != '\r' && text.p[i] != '\n')
            buf_addc(out, text.p[i]);
    }
}
