#include "core/netstring.h"

#include <string.h>

/* The length, and how many octets it and its colon take. */
static enum netstring read_length(struct span in, size_t most, size_t *length, size_t *taken)
{
    size_t n = 0, digits = 0;
    for (; digits < in.n && ascii_is_digit(in.p[digits]); digits++) {
        n = n * 10 + (size_t)(in.p[digits] - '0');
        if (digits >= NETSTRING_DIGITS_MAX || n > most || (digits > 0 && in.p[0] == '0'))
            return NETSTRING_BAD;
    }
    if (digits == in.n)
        return NETSTRING_PART;
    if (digits == 0 || in.p[digits] != ':')
        return NETSTRING_BAD;
    *length = n;
    *taken = digits + 1;
    return NETSTRING_WHOLE;
}

enum netstring netstring_read(struct span in, size_t most, struct span *text, size_t *taken)
{
    size_t n, head;
    enum netstring length = read_length(in, most, &n, &head);
    if (length != NETSTRING_WHOLE)
        return length;
    if (in.n - head <= n)
        return NETSTRING_PART;
    if (in.p[head + n] != ',')
        return NETSTRING_BAD;
    *text = (struct span){ in.p + head, n };
    *taken = head + n + 1;
    return NETSTRING_WHOLE;
}

/* Decimal digits at the end of the room; where they begin. */
static char *write_length(size_t n, char *end)
{
    do {
        *--end = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return end;
}

size_t netstring_write(struct span text, char *out, size_t room)
{
    char digits[3 * sizeof(size_t)];
    char *end = digits + sizeof(digits);
    const char *begin = write_length(text.n, end);
    size_t length = (size_t)(end - begin);
    if (length > NETSTRING_DIGITS_MAX || room < length + 2 || room - length - 2 < text.n)
        return 0;
    memcpy(out, begin, length);
    out[length] = ':';
    if (text.n > 0)
        memcpy(out + length + 1, text.p, text.n);
    out[length + 1 + text.n] = ',';
    return length + text.n + 2;
}
