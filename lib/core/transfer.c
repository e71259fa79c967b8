#include "core/transfer.h"

#include "core/header.h"
#include "core/line.h"

#define LETTER_BITS 6
#define OCTET_BITS 8

static size_t word_length(struct span s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] > ' ' && s.p[n] != ';' && s.p[n] != '(')
        n++;
    return n;
}

enum transfer transfer_parse(struct span value)
{
    struct span s = header_skip_cfws(value);
    struct span word = { s.p, word_length(s) };
    if (span_ieq(word, SPAN_LIT("base64")))
        return TRANSFER_BASE64;
    if (span_ieq(word, SPAN_LIT("quoted-printable")))
        return TRANSFER_QUOTED;
    return TRANSFER_PLAIN;
}

unsigned transfer_letter(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : TRANSFER_NO_LETTER;
}

static void decode_base64(struct span text, struct buf *out)
{
    unsigned bits = 0, held = 0; /* bits that wait for more, and how many */
    for (size_t i = 0; i < text.n && buf_ok(out); i++) {
        unsigned value = transfer_letter(text.p[i]);
        if (text.p[i] == '=')
            held = 0;
        if (value == TRANSFER_NO_LETTER)
            continue;
        bits = (bits << LETTER_BITS | value) & 0xFFFF;
        held += LETTER_BITS;
        if (held < OCTET_BITS)
            continue;
        held -= OCTET_BITS;
        buf_addc(out, (char)(bits >> held & 0xFF));
    }
}

unsigned transfer_hex(char c)
{
    char l = ascii_lower(c);
    if (ascii_is_digit(c))
        return (unsigned)(c - '0');
    return l >= 'a' && l <= 'f' ? (unsigned)(l - 'a') + 10 : TRANSFER_NO_DIGIT;
}

/* The octet that the text codes as `=HH`; -1 where it begins with no such code. */
static int coded_octet(struct span text)
{
    if (text.n < 3 || text.p[0] != '=')
        return -1;
    unsigned high = transfer_hex(text.p[1]), low = transfer_hex(text.p[2]);
    return high == TRANSFER_NO_DIGIT || low == TRANSFER_NO_DIGIT ? -1 : (int)(high * 16 + low);
}

/* Writes a line; false where its end is a soft break. */
static bool decode_quoted_line(struct span line, struct buf *out)
{
    while (line.n > 0 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
        line.n--;
    bool soft = line.n > 0 && line.p[line.n - 1] == '=';
    line.n -= soft;
    while (line.n > 0) {
        int octet = coded_octet(line);
        buf_addc(out, octet < 0 ? line.p[0] : (char)octet);
        line = span_from(line, octet < 0 ? 1 : 3);
    }
    return !soft;
}

static void decode_quoted(struct span text, struct buf *out)
{
    while (text.n > 0 && buf_ok(out)) {
        struct span line = line_take(&text);
        const char *behind = line.p + line.n;
        if (decode_quoted_line(line, out))
            buf_add(out, span_between(behind, text.p));
    }
}

void transfer_decode(enum transfer how, struct span text, struct buf *out)
{
    switch (how) {
    case TRANSFER_PLAIN:
        buf_add(out, text);
        return;
    case TRANSFER_BASE64:
        decode_base64(text, out);
        return;
    case TRANSFER_QUOTED:
        decode_quoted(text, out);
        return;
    }
}
