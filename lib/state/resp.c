#include "state/resp.h"

#include <string.h>

static size_t digits_of(size_t n)
{
    size_t digits = 1;
    for (; n > 9; n /= 10)
        digits++;
    return digits;
}

struct span resp_number(uint64_t n, char digits[RESP_NUMBER_MAX])
{
    char *p = digits + RESP_NUMBER_MAX;
    do
        *--p = (char)('0' + n % 10);
    while (n /= 10);
    return span_between(p, digits + RESP_NUMBER_MAX);
}

static size_t line_size(size_t n)
{
    return 1 + digits_of(n) + 2;
}

size_t resp_size(const struct span *word, size_t words)
{
    size_t size = line_size(words);
    for (size_t i = 0; i < words; i++)
        size += line_size(word[i].n) + word[i].n + 2;
    return size;
}

static char *write_octets(char *p, struct span s)
{
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    p[s.n] = '\r';
    p[s.n + 1] = '\n';
    return p + s.n + 2;
}

static char *write_line(char *p, char sign, size_t n)
{
    char digits[RESP_NUMBER_MAX];
    *p = sign;
    return write_octets(p + 1, resp_number(n, digits));
}

char *resp_head(char *p, size_t words)
{
    return write_line(p, '*', words);
}

char *resp_word(char *p, struct span word)
{
    return write_octets(write_line(p, '$', word.n), word);
}
