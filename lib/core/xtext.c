#include "core/xtext.h"

#include "base/utf8.h"

/* Printable ASCII but for the two octets that xtext itself uses. */
static bool is_xchar(unsigned char c)
{
    return c >= '!' && c <= '~' && c != '+' && c != '=';
}

void xtext_encode(struct span text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (is_xchar(c))
            buf_addc(out, (char)c);
        else
            buf_addf(out, "+%02X", c);
    }
}

/* Upper case only, as RFC 3461 asks; -1 for anything else. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool xtext_decode(struct span text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        if (is_xchar((unsigned char)text.p[i])) {
            buf_addc(out, text.p[i]);
            continue;
        }
        if (text.p[i] != '+' || text.n - i < 3)
            return false;
        int high = hex_value(text.p[i + 1]), low = hex_value(text.p[i + 2]);
        if (high < 0 || low < 0)
            return false;
        buf_addc(out, (char)(high * 16 + low));
        i += 2;
    }
    return buf_ok(out);
}

/* Valid UTF-8 with something beyond ASCII in it. */
static bool needs_utf8(struct span text)
{
    bool beyond = false;
    uint32_t code;
    while (text.n > 0) {
        if (!utf8_take(&text, &code))
            return false;
        beyond = beyond || code > 0x7F;
    }
    return beyond;
}

/* utf-8-addr-xtext: its QCHAR is an xchar that is no backslash either. */
static void utf8_xtext(struct span text, struct buf *out)
{
    uint32_t code;
    while (text.n > 0 && utf8_take(&text, &code)) {
        if (code <= 0x7F && code != '\\' && is_xchar((unsigned char)code))
            buf_addc(out, (char)code);
        else
            buf_addf(out, "\\x{%02X}", (unsigned)code);
    }
}

static char upper(char c)
{
    return c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c;
}

/* Takes `\x{HEX}` off *text. */
static bool take_escape(struct span *text, uint32_t *code)
{
    struct span hex = span_from(*text, 3);
    size_t end = span_find(hex, '}');
    if (!span_istarts(*text, SPAN_LIT("\\x{")) || end == 0 || end == hex.n || end > 6)
        return false;
    *code = 0;
    for (size_t i = 0; i < end; i++) {
        int digit = hex_value(upper(hex.p[i]));
        if (digit < 0)
            return false;
        *code = *code * 16 + (uint32_t)digit;
    }
    *text = span_from(hex, end + 1);
    return true;
}

/* False for what is no character of Unicode, and for NUL. */
static bool utf8_add(uint32_t code, struct buf *out)
{
    static const uint32_t most[] = { 0x7F, 0x7FF, 0xFFFF, UTF8_CODE_MAX };
    static const unsigned char mark[] = { 0x00, 0xC0, 0xE0, 0xF0 };
    if (code == 0 || code > UTF8_CODE_MAX || (code >= 0xD800 && code <= 0xDFFF))
        return false;
    int more = 0;
    while (code > most[more])
        more++;
    buf_addc(out, (char)(mark[more] | code >> 6 * more));
    while (more-- > 0)
        buf_addc(out, (char)(0x80 | (code >> 6 * more & 0x3F)));
    return true;
}

bool utf8_xtext_decode(struct span text, struct buf *out)
{
    uint32_t code;
    while (text.n > 0) {
        if (text.p[0] != '\\') {
            buf_addc(out, text.p[0]);
            text = span_from(text, 1);
        } else if (!take_escape(&text, &code) || !utf8_add(code, out)) {
            return false;
        }
    }
    return buf_ok(out);
}

void orcpt_encode(struct span address, struct buf *out)
{
    if (needs_utf8(address)) {
        buf_adds(out, "utf-8;");
        utf8_xtext(address, out);
        return;
    }
    buf_adds(out, "rfc822;");
    xtext_encode(address, out);
}
