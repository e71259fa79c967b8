#include "ctl/base64.h"

#include <string.h>

#define GROUP 4 /* letters that stand for three octets */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Six bits of each letter; false where one is none, or where bits are set that nothing needs. */
static bool read_group(struct span group, size_t letters, struct buf *out)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < letters; i++) {
        const char *found = memchr(alphabet, group.p[i], sizeof(alphabet) - 1);
        if (!found)
            return false;
        bits |= (uint32_t)(found - alphabet) << (18 - 6 * i);
    }
    size_t octets = letters * 6 / 8;
    if (bits & (0xFFFFFFu >> 8 * octets))
        return false;
    for (size_t i = 0; i < octets; i++)
        buf_addc(out, (char)(bits >> (16 - 8 * i)));
    return true;
}

bool base64_read(struct span text, struct buf *out)
{
    size_t padding = 0;
    while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=')
        padding++;
    bool good = text.n % GROUP == 0;
    for (size_t i = 0; good && i < text.n; i += GROUP) {
        size_t letters = i + GROUP == text.n ? GROUP - padding : GROUP;
        good = read_group((struct span){ text.p + i, GROUP }, letters, out);
    }
    if (good && buf_ok(out))
        return true;
    buf_clear(out);
    return false;
}

void base64_write(struct buf *out, struct span octets)
{
    for (size_t i = 0; i < octets.n; i += 3) {
        uint32_t bits = 0;
        size_t n = octets.n - i < 3 ? octets.n - i : 3;
        for (size_t k = 0; k < n; k++)
            bits |= (uint32_t)(unsigned char)octets.p[i + k] << (16 - 8 * k);
        for (size_t k = 0; k < GROUP; k++)
            buf_addc(out, k <= n ? alphabet[bits >> (18 - 6 * k) & 0x3F] : '=');
    }
}
