#include "core/decoder.h"

#define LETTER_BITS 6
#define OCTET_BITS 8

void decoder_init(struct decoder *d, enum transfer how)
{
    *d = (struct decoder){ .how = how };
}

static size_t take_base64(struct decoder *d, char octet, char *out)
{
    unsigned value = transfer_letter(octet);
    if (octet == '=')
        d->held = 0;
    if (value == TRANSFER_NO_LETTER)
        return 0;
    d->bits = (d->bits << LETTER_BITS | value) & 0xFFFF;
    d->held += LETTER_BITS;
    if (d->held < OCTET_BITS)
        return 0;
    d->held -= OCTET_BITS;
    *out = (char)(d->bits >> d->held & 0xFF);
    return 1;
}

static size_t take_text(struct decoder *d, char octet, char *out)
{
    d->state = octet == '=' ? DECODER_EQUALS : DECODER_TEXT;
    *out = octet;
    return octet != '=';
}

/* It was no code, and stays: what stood for it so far, and the octet. */
static size_t give_up(struct decoder *d, char second, char octet, char *out)
{
    size_t n = 0;
    out[n++] = '=';
    if (second != '\0')
        out[n++] = second;
    return n + take_text(d, octet, out + n);
}

/* Behind a `=`: the first digit of a code, or a soft line break, perhaps with blanks before it. */
static size_t take_behind_equals(struct decoder *d, char octet, char *out)
{
    if (transfer_hex(octet) != TRANSFER_NO_DIGIT) {
        d->state = DECODER_DIGIT;
        d->digit = octet;
        return 0;
    }
    if (octet != ' ' && octet != '\t' && octet != '\r' && octet != '\n')
        return give_up(d, '\0', octet, out);
    d->state = octet == '\n' ? DECODER_TEXT : DECODER_BREAK;
    return 0;
}

static size_t take_second_digit(struct decoder *d, char octet, char *out)
{
    if (transfer_hex(octet) == TRANSFER_NO_DIGIT)
        return give_up(d, d->digit, octet, out);
    d->state = DECODER_TEXT;
    *out = (char)(transfer_hex(d->digit) << 4 | transfer_hex(octet));
    return 1;
}

static size_t take_before_break(struct decoder *d, char octet, char *out)
{
    if (octet == ' ' || octet == '\t' || octet == '\r')
        return 0;
    if (octet != '\n')
        return give_up(d, ' ', octet, out);
    d->state = DECODER_TEXT;
    return 0;
}

size_t decoder_take(struct decoder *d, char octet, char out[DECODER_OUT_MAX])
{
    if (d->how == TRANSFER_BASE64)
        return take_base64(d, octet, out);
    if (d->how == TRANSFER_PLAIN) {
        *out = octet;
        return 1;
    }
    switch (d->state) {
    case DECODER_TEXT:
        break;
    case DECODER_EQUALS:
        return take_behind_equals(d, octet, out);
    case DECODER_DIGIT:
        return take_second_digit(d, octet, out);
    case DECODER_BREAK:
        return take_before_break(d, octet, out);
    }
    return take_text(d, octet, out);
}
