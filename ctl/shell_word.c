#include "ctl/shell_word.h"

#include <string.h>

bool shell_word_can_be_typed(struct span word)
{
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] < ' ' || word.p[i] > '~' || word.p[i] == '\\')
            return false;
    return word.n > 0;
}

static bool is_plain(struct span word)
{
    for (size_t i = 0; i < word.n; i++)
        if (!ascii_is_letter(word.p[i]) && !ascii_is_digit(word.p[i]) &&
            (word.p[i] == '\0' || !strchr("@.+-_:/=,%", word.p[i])))
            return false;
    return word.n > 0;
}

/* Not \' for a single quote: output doubles the backslash. */
void shell_word_add(struct buf *out, struct span word)
{
    if (is_plain(word)) {
        buf_add(out, word);
        return;
    }
    buf_addc(out, '\'');
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] == '\'')
            buf_adds(out, "'\"'\"'");
        else
            buf_addc(out, word.p[i]);
    }
    buf_addc(out, '\'');
}
