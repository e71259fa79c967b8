#include "base/utf8.h"

/* How many octets follow the first one of a sequence, with its bits in *code; -1 if none. */
static int utf8_lead(unsigned char c, uint32_t *code)
{
    static const struct {
        unsigned char mask, mark;
    } lead[] = { { 0x80, 0x00 }, { 0xE0, 0xC0 }, { 0xF0, 0xE0 }, { 0xF8, 0xF0 } };
    for (int i = 0; i < 4; i++)
        if ((c & lead[i].mask) == lead[i].mark) {
            *code = c & (unsigned char)~lead[i].mask;
            return i;
        }
    return -1;
}

size_t utf8_read(struct span text, uint32_t *code)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    if (text.n == 0)
        return 0;
    int more = utf8_lead((unsigned char)text.p[0], code);
    if (more < 0 || text.n <= (size_t)more)
        return 0;
    for (int i = 1; i <= more; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c & 0xC0) != 0x80)
            return 0;
        *code = *code << 6 | (c & 0x3F);
    }
    bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
    bool good = *code >= least[more] && *code <= UTF8_CODE_MAX && !surrogate;
    return good ? (size_t)more + 1 : 0;
}

bool utf8_take(struct span *text, uint32_t *code)
{
    size_t n = utf8_read(*text, code);
    *text = span_from(*text, n);
    return n > 0;
}
