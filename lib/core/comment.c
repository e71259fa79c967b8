#include "core/comment.h"

size_t comment_length(struct span s)
{
    if (s.n == 0 || s.p[0] != '(')
        return 0;
    size_t depth = 1;
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '(')
            depth++;
        else if (s.p[i] == ')' && --depth == 0)
            return i + 1;
    }
    return 0;
}
